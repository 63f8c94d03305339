"""What an EC2 instance's user data tells the ECS agent.

AWS: launch_container_instance, bootstrap_container_instance (user data that writes
/etc/ecs/ecs.config); amazon-ecs-agent, README (the variables). EC2 runs user data at launch only
when it begins with `#!` (user-data, "User data and shell scripts").
"""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass, field
from typing import Final

FILE: Final = "/etc/ecs/ecs.config"
DEFAULT_CLUSTER: Final = "default"
_WRITE: Final = re.compile(r"(?P<before>.*?)(?P<how>>>|>|\btee\b(?:\s+-a)?)\s*(?P<file>\S+)\s*$")
_HEREDOC: Final = re.compile(r"<<-?\s*['\"]?(?P<mark>\w+)['\"]?")
_VARIABLE: Final = re.compile(r"\s*(?:export\s+)?(?P<name>ECS_[A-Z0-9_]+)=(?P<value>.*?)\s*")
_PRINTS: Final = ("echo", "printf")


@dataclass(frozen=True, slots=True)
class AgentConfiguration:
    """The agent's configuration, as far as it matters here.

    Args:
        variables: the lines of /etc/ecs/ecs.config.
        written: whether the user data writes that file at all.
    """

    variables: dict[str, str] = field(default_factory=dict)
    written: bool = False

    @property
    def cluster(self) -> str:
        """Return the cluster to register in (`ECS_CLUSTER`)."""
        return self.variables.get("ECS_CLUSTER") or DEFAULT_CLUSTER

    @property
    def reserved_memory(self) -> int:
        """Return the MiB that tasks don't get (`ECS_RESERVED_MEMORY`)."""
        value = self.variables.get("ECS_RESERVED_MEMORY", "")
        return int(value) if value.isdigit() else 0

    @property
    def spot_draining(self) -> bool:
        """Return whether the agent drains at a Spot interruption notice, off by default.

        It is `ECS_ENABLE_SPOT_INSTANCE_DRAINING`.
        """
        return self.variables.get("ECS_ENABLE_SPOT_INSTANCE_DRAINING", "").lower() == "true"

    @property
    def stop_timeout(self) -> float | None:
        """Return the seconds of `ECS_CONTAINER_STOP_TIMEOUT`, at least 1, None when not set."""
        found = re.fullmatch(r"(\d+)(s|m|h)?", self.variables.get("ECS_CONTAINER_STOP_TIMEOUT", ""))
        if found is None:
            return None
        return max(1.0, float(found.group(1)) * {"m": 60, "h": 3600}.get(found.group(2) or "", 1))

    @property
    def attributes(self) -> dict[str, str]:
        """Return the custom attributes (`ECS_INSTANCE_ATTRIBUTES`)."""
        found = self._json("ECS_INSTANCE_ATTRIBUTES")
        return {str(k): str(v) for k, v in found.items()} if isinstance(found, dict) else {}

    @property
    def reserved_ports(self) -> list[int] | None:
        """Return the TCP ports that tasks don't get (`ECS_RESERVED_PORTS`), None when not set."""
        found = self._json("ECS_RESERVED_PORTS")
        return [int(port) for port in found] if isinstance(found, list) else None

    @property
    def log_drivers(self) -> list[str] | None:
        """Return the log drivers (`ECS_AVAILABLE_LOGGING_DRIVERS`), None when not set."""
        found = self._json("ECS_AVAILABLE_LOGGING_DRIVERS")
        return [str(name) for name in found] if isinstance(found, list) else None

    def _json(self, name: str) -> object:
        try:
            return json.loads(self.variables.get(name, "null"))
        except ValueError:
            return None


def read_user_data(text: str) -> AgentConfiguration:
    """Return the agent's configuration after an instance has run its user data.

    Understood are `echo` and `printf` with redirection, `tee`, and here documents of `cat` or
    `tee`; anything else in the script is taken not to touch the file.

    Args:
        text: the user data, decoded.
    """
    if not text.startswith("#!"):
        return AgentConfiguration()
    content: list[str] = []
    written = False
    lines = iter(text.splitlines())
    for line in lines:
        if FILE not in line or line.lstrip().startswith("#"):
            continue
        heredoc = _HEREDOC.search(line)
        body: list[str] | None
        if heredoc:
            body = []
            for inner in lines:
                if inner.strip() == heredoc.group("mark"):
                    break
                body.append(inner)
            appends = ">>" in line or "tee -a" in line
        else:
            body, appends = _printed(line)
        if body is None:
            continue
        written = True
        content = [*content, *body] if appends else body
    return AgentConfiguration(_variables(content), written)


def _printed(line: str) -> tuple[list[str] | None, bool]:
    """Return the lines that one command writes to the file, and whether it appends."""
    found = _WRITE.match(line.strip())
    if found is None or found.group("file").strip("'\";") != FILE:
        return None, False
    command = found.group("before").strip().removesuffix("|").removesuffix("sudo").strip()
    command = command.removesuffix("|").strip().removeprefix("sudo ").strip()
    try:
        words = shlex.split(command)
    except ValueError:
        return None, False
    if not words or words[0] not in _PRINTS:
        return None, False
    shown = [word for word in words[1:] if word not in ("-e", "-n")]
    text = " ".join(shown).replace("\\n", "\n")
    return text.split("\n"), found.group("how") == ">>" or "-a" in found.group("how")


def _variables(lines: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in lines:
        match = _VARIABLE.fullmatch(line)
        if match:
            found[match.group("name")] = _unquoted(match.group("value"))
    return found


def _unquoted(value: str) -> str:
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
    return value[1:-1] if quoted else value
