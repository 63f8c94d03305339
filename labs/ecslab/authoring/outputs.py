"""The outputs of an executed cell, reduced to what is the same on every computer and every day."""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

__all__ = ["ADDRESS", "local_paths", "normal", "objection", "texts"]

Output = dict[str, Any]

ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]{6,}")
"""Where Python shows the place of an object in memory, which differs in each process."""

_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_WIDGETS = "application/vnd.jupyter.widget"


def normal(outputs: Iterable[Mapping[str, Any]]) -> list[Output]:
    """Give outputs in their stored form.

    Texts of one stream that follow each other become one, because where the kernel cuts them is
    chance. Execution counts, metadata and the state of widgets go. Of an error stay its name, its
    words and one line for the traceback, which would name files of this computer.

    Args:
        outputs: as the kernel sent them.
    """
    found: list[Output] = []
    for output in outputs:
        kind = output["output_type"]
        if kind == "stream":
            before = found[-1] if found else {}
            if before.get("output_type") == "stream" and before["name"] == output["name"]:
                before["text"] += output["text"]
            else:
                found.append({"output_type": kind, "name": output["name"], "text": output["text"]})
        elif kind == "error":
            words = _ANSI.sub("", output["evalue"])
            line = f"{output['ename']}: {words}"
            found.append(
                {"output_type": kind, "ename": output["ename"], "evalue": words}
                | {"traceback": [line]}
            )
        else:
            data = {
                mime: value
                for mime, value in output["data"].items()
                if not mime.startswith(_WIDGETS)
            }
            if data:
                shown: Output = {"output_type": kind, "data": data, "metadata": {}}
                found.append(
                    shown | ({"execution_count": None} if kind == "execute_result" else {})
                )
    return found


def texts(outputs: Iterable[Mapping[str, Any]]) -> str:
    """Give all readable text of stored or fresh outputs.

    Args:
        outputs: of one cell; their texts may be strings or lists of lines.
    """
    found: list[str] = []
    for output in outputs:
        found += [_joined(output[key]) for key in ("text", "evalue") if key in output]
        for mime, value in output.get("data", {}).items():
            if mime.startswith("text/") or mime.endswith(("+xml", "json")):
                found.append(_joined(value))
    return "\n".join(found)


def local_paths(root: Path) -> list[str]:
    """List the folders of this computer that no output may name.

    Args:
        root: the checkout.
    """
    folders = [root, Path.home(), Path(sys.prefix), Path(sys.base_prefix)]
    paths = {str(folder) for folder in folders if len(folder.parts) > 2}  # noqa: PLR2004 - not /usr
    return sorted({*paths, str(Path(tempfile.gettempdir()) / "ipykernel_")})


def objection(outputs: Iterable[Mapping[str, Any]], forbidden: Iterable[str]) -> str | None:
    """Say why outputs cannot be stored, or give None.

    Args:
        outputs: of one cell, in their stored form.
        forbidden: paths that they must not contain.
    """
    kept = list(outputs)
    for output in kept:
        if output["output_type"] == "stream" and output["name"] == "stderr":
            return f"it writes to stderr: {_first_line(output['text'])}"
    text = texts(kept)
    for path in forbidden:
        if path in text:
            return f"its output names the folder {path} of this computer"
    address = ADDRESS.search(text)
    if address:
        return f"its output shows the memory address {address[0]!r}, another one in each run"
    return None


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "an empty line")


def _joined(value: object) -> str:
    if isinstance(value, list):
        return "".join(str(line) for line in value)
    return str(value)
