"""`python3 tests bench [NAME] [--json]`: every module here with a function `run` is a bench."""

from __future__ import annotations

import argparse
import importlib
import json
import subprocess
import sys
from pathlib import Path

from measure import Ratio

HERE = Path(__file__).parent


def names() -> list[str]:
    """The benches, by their module's name."""
    paths = sorted(HERE.glob("*.py"))
    return [path.stem for path in paths if "\ndef run()" in path.read_text(encoding="utf-8")]


def main() -> int:
    """Run the benches that were asked for, and print a ratio for each piece of work."""
    parser = argparse.ArgumentParser(prog="python3 tests bench", description=__doc__)
    parser.add_argument("name", nargs="?", choices=names(), help="one bench; all when left out")
    parser.add_argument("--json", action="store_true", help="for a program to read")
    chosen = parser.parse_args()
    found: dict[str, list[Ratio]] = {}
    for name in [chosen.name] if chosen.name else names():
        bench = importlib.import_module(name)
        print(f"{name}: {bench.__doc__.splitlines()[0]}", file=sys.stderr, flush=True)
        found[name] = []
        try:
            for each in bench.run():
                found[name].append(each)
                print(show(each), file=sys.stderr if chosen.json else sys.stdout, flush=True)
        except (OSError, RuntimeError, subprocess.CalledProcessError) as error:
            print(f"The bench {name} could not go on: {said(error)}", file=sys.stderr)
            return 1
    if chosen.json:
        rows: dict[str, object] = {
            name: [vars(each) | {"ratio": each.ratio} for each in found[name]] for name in found
        }
        keyed = {each.key: each.ratio for some in found.values() for each in some if each.key}
        print(json.dumps({**rows, **keyed}, indent=2))
    return 0


def said(error: Exception) -> str:
    """Why a bench ended, in a line; other programs are installed from a package index."""
    if not isinstance(error, subprocess.CalledProcessError):
        return str(error)
    command = " ".join(map(str, error.cmd))
    advice = "; is there a network?" if " install " in command else ""
    return f"`{command}` failed with status {error.returncode}{advice}"


def show(each: Ratio) -> str:
    """One ratio as a line; seconds are shown as milliseconds."""
    factor, unit = (1000, "ms") if each.unit == "s" else (1, each.unit)
    ours, theirs = (f"{amount * factor:.1f} {unit}" for amount in (each.ours, each.theirs))
    return (
        f"  {each.name:<28} {each.ratio:6.2f} × {each.against}"
        f"   ({ours} against {theirs}, {each.pairs} pairs)"
    )


if __name__ == "__main__":
    sys.exit(main())
