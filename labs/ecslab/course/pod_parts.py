"""What a container in a Pod must say, given its container definition.

Meanings are compared, not spellings: a quantity may be written in any unit, a probe as a command or
as a request.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from ecslab.course.outcomes import NotYet
from ecslab.course.quantities import amount

__all__ = ["judge_environment", "judge_probes", "judge_resources", "mapping"]

_MEBIBYTE: Final = 1024**2
_MILLICORE: Final = 0.001
_NAME: Final = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")

Json = dict[str, Any]


def mapping(value: object, what: str, look_at: str) -> Mapping[str, Any]:
    """Return a value that must be a dictionary, else end the check with *not yet*."""
    if not isinstance(value, Mapping):
        raise NotYet(expected=what, found=value, look_at=look_at)
    return value


def judge_resources(given: object, container: Json, task: Json) -> None:
    """Compare requests and limits with what ECS reserves and allows.

    Args:
        given: the learner's `resources`.
        container: the container definition.
        task: the task definition.
    """
    name = container["name"]
    where = f"resources of {name}"
    found = mapping(given, f"the resources of {name}: requests and limits", where)
    requests = mapping(found.get("requests"), "a dictionary under requests", where)
    limits = mapping(found.get("limits"), "a dictionary under limits", where)
    cpu = int(container.get("cpu") or task["cpu"])
    hard = int(container.get("memory") or task["memory"])
    soft = int(container.get("memoryReservation") or hard)
    _quantity(requests, "cpu", cpu / 1024, f"{cpu} CPU units, {cpu / 1024:g} of a vCPU", where)
    _quantity(requests, "memory", soft * _MEBIBYTE, f"{soft} MiB, which ECS reserves", where)
    _quantity(limits, "memory", hard * _MEBIBYTE, f"{hard} MiB, the hard limit", where)
    if "cpu" in limits:
        _quantity(limits, "cpu", cpu / 1024, f"{cpu / 1024:g} of a vCPU, or no limit", where)


def _quantity(given: Mapping[str, Any], name: str, wanted: float, words: str, where: str) -> None:
    value = amount(given.get(name))
    if value is None or not math.isclose(float(value), wanted, rel_tol=1e-6, abs_tol=_MILLICORE):
        raise NotYet(expected=f"{name}: {words}", found=given.get(name), look_at=where)


def judge_probes(given: object, container: Json) -> None:
    """Compare probes with a container's health check.

    Args:
        given: the learner's dictionary of probes.
        container: the container definition.
    """
    name, check = container["name"], container.get("healthCheck")
    found = mapping(given, f"a dictionary of the probes of {name}", f"probes of {name}")
    strange = sorted(set(found) - {"livenessProbe", "readinessProbe", "startupProbe"})
    if strange:
        raise NotYet(
            expected="livenessProbe, readinessProbe and startupProbe",
            found=strange[0],
            look_at=f"probes of {name}",
        )
    if check is None:
        if found:
            raise NotYet(
                expected=f"no probe: {name} has no health check",
                found=sorted(found),
                look_at=f"probes of {name}",
            )
        return
    for kind in ("livenessProbe", "readinessProbe"):
        probe = mapping(found.get(kind), f"a {kind}", f"probes of {name}")
        _asks(probe, check, f"{kind} of {name}")
        _number(probe, "periodSeconds", check["interval"], 10, f"{kind} of {name}")
        _number(probe, "timeoutSeconds", check["timeout"], 1, f"{kind} of {name}")
        _number(probe, "failureThreshold", check["retries"], 3, f"{kind} of {name}")
    _start(found, check, name)


def _asks(probe: Mapping[str, Any], check: Json, where: str) -> None:
    """Have a probe ask what the health check asks: by the same command, or by its request."""
    script = " ".join(check["command"][1:])
    request = probe.get("httpGet")
    if isinstance(request, Mapping):
        url = re.search(r"https?://[^/\s:]+(?::(\d+))?(/\S*)?", script)
        port, path = (url[1] or "80", url[2] or "/") if url else ("", "")
        asked = (str(request.get("port")), request.get("path", "/"))
        if asked != (port, path):
            raise NotYet(
                expected=f"a request to port {port}, path {path}",
                found=f"port {asked[0]}, path {asked[1]}",
                look_at=f"{where} → httpGet",
            )
        return
    command = (probe.get("exec") or {}).get("command") if "exec" in probe else None
    if not isinstance(command, list | tuple) or script not in command:
        raise NotYet(
            expected="httpGet, or exec with the shell command of the health check as one word",
            found=command if command is not None else sorted(probe),
            look_at=where,
        )
    if list(command[-2:-1]) != ["-c"]:
        raise NotYet(
            expected='a shell before the script: ["sh", "-c", script]; exec starts none by itself',
            found=command,
            look_at=f"{where} → exec.command",
        )


def _number(probe: Mapping[str, Any], field: str, wanted: int, default: int, where: str) -> None:
    found = probe.get(field, default)
    if found != wanted or isinstance(found, bool):
        raise NotYet(
            expected=f"{field} {wanted}, as in the health check",
            found=probe.get(field, f"none, which means {default}"),
            look_at=where,
        )


def _start(found: Mapping[str, Any], check: Json, name: str) -> None:
    patience = int(check.get("startPeriod") or 0)
    startup = found.get("startupProbe")
    if not patience and startup is None:
        return
    live = found["livenessProbe"]
    if startup is None and int(live.get("initialDelaySeconds") or 0) >= patience:
        return
    where = f"startupProbe of {name}"
    probe = mapping(startup, f"a startupProbe that gives {patience} seconds", where)
    _asks(probe, check, where)
    given = int(probe.get("periodSeconds", 10)) * int(probe.get("failureThreshold", 3))
    if given < patience:
        raise NotYet(
            expected=f"at least {patience} seconds: periodSeconds times failureThreshold",
            found=f"{given} seconds",
            look_at=where,
        )


def judge_environment(given: object, container: Json, values: Sequence[str]) -> None:
    """Compare variables with `environment` and `secrets`; no secret may be written out.

    Args:
        given: the learner's list of variables.
        container: the container definition.
        values: what the secrets contain.
    """
    name = container["name"]
    where = f"environment of {name}"
    if not isinstance(given, list | tuple):
        raise NotYet(expected="a list of variables", found=given, look_at=where)
    found = {}
    for entry in given:
        each = mapping(entry, "a dictionary for each variable", where)
        found[each.get("name")] = each
    plain = {entry["name"]: entry["value"] for entry in container.get("environment") or []}
    secret = {entry["name"]: entry["valueFrom"] for entry in container.get("secrets") or []}
    if set(found) != {*plain, *secret}:
        raise NotYet(
            expected=f"the variables {', '.join(sorted({*plain, *secret}))}",
            found=", ".join(sorted(map(str, found))) or "none",
            look_at=where,
        )
    for key, value in plain.items():
        if found[key].get("value") != value:
            raise NotYet(expected=f"{key} with the value {value}", found=found[key], look_at=where)
    places = [_reference(found[key], key, source, values, where) for key, source in secret.items()]
    if len(set(places)) != len(places):
        raise NotYet(expected="a place of its own for each secret", found=places, look_at=where)


def _reference(
    entry: Mapping[str, Any], key: str, source: str, values: Sequence[str], where: str
) -> tuple[str, str]:
    text = str(entry)
    if any(value in text for value in values):
        raise NotYet(
            expected=f"{key} without its value: whoever reads the manifest would know it",
            found="the secret itself",
            look_at=where,
        )
    reference = (entry.get("valueFrom") or {}).get("secretKeyRef")
    if not isinstance(reference, Mapping) or source in text:
        raise NotYet(
            expected=f"{key} from a Secret of Kubernetes: valueFrom → secretKeyRef",
            found=entry.get("value", entry.get("valueFrom")),
            look_at=where,
        )
    name, member = reference.get("name"), reference.get("key")
    if not isinstance(name, str) or not _NAME.fullmatch(name) or not member:
        raise NotYet(
            expected="a name of lower-case letters, digits and hyphens, and a key",
            found=dict(reference),
            look_at=f"{where} → {key} → secretKeyRef",
        )
    return name, str(member)
