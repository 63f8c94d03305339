"""The stages of `python3 tests`, and the summary of what failed and how to run it again."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TOOLS = Path(sys.executable).parent

HELP = """python3 tests                     everything: the checks below, then pytest
python3 tests CHECK…              only these checks
python3 tests PYTEST-ARGUMENT…    only pytest, with these arguments: tests/cli, -k clock, --lf
python3 tests bench [NAME] [--json]   measure speed, as ratios against the plain tools

Checks:"""


@dataclass(frozen=True)
class Check:
    """A program that looks at the whole project; exit status 0 means that all is well."""

    name: str
    what: str
    command: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """How one stage ended, after so many seconds."""

    name: str
    passed: bool
    seconds: float
    again: str
    output: str = ""


def tool(name: str, *arguments: str) -> tuple[str, ...]:
    """A command of the project's own environment."""
    return (str(TOOLS / name), *arguments)


CHECKS = (
    Check("types", "mypy, strict", tool("mypy")),
    Check(
        "notebooks",
        "sources pass the course linter, and the notebooks are what they make",
        (sys.executable, "-P", "-m", "ecslab.cli", "build", "--check"),
    ),
    Check("lint", "ruff check", tool("ruff", "check")),
    Check("format", "ruff format --check", tool("ruff", "format", "--check")),
    Check("imports", "imports only point downward", tool("lint-imports", "--no-cache")),
    Check("spelling", "typos", tool("typos")),
    Check("markdown", "rumdl", tool("rumdl", "check", "--no-cache", ".")),
)


def main(arguments: Sequence[str]) -> int:
    """Run what the arguments ask for and return the exit status."""
    names = {check.name for check in CHECKS}
    if arguments and arguments[0] in {"-h", "--help"}:
        print(HELP, *(f"  {check.name:<11}{check.what}" for check in CHECKS), sep="\n")
        return 0
    if arguments and arguments[0] == "bench":
        command = [sys.executable, str(ROOT / "tests" / "bench"), *arguments[1:]]
        return subprocess.call(command, cwd=ROOT)
    if not arguments:
        outcomes = [*run_checks(CHECKS), run_pytest([])]
    elif set(arguments) <= names:
        outcomes = run_checks([check for check in CHECKS if check.name in arguments])
    else:
        outcomes = [run_pytest(arguments)]
    summarise(outcomes)
    return 0 if all(outcome.passed for outcome in outcomes) else 1


def run_checks(checks: Sequence[Check]) -> list[Outcome]:
    """Run the checks two at a time, and show each one's output when it has failed."""
    outcomes = []
    with ThreadPoolExecutor(max_workers=2) as pool:
        for outcome in pool.map(run_check, checks):
            print(line(outcome), flush=True)
            if not outcome.passed:
                print(outcome.output, flush=True)
            outcomes.append(outcome)
    return outcomes


def run_check(check: Check) -> Outcome:
    """Run one check."""
    begin = time.monotonic()
    done = subprocess.run(
        check.command,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    again = f"python3 tests {check.name}"
    return Outcome(
        check.name, done.returncode == 0, time.monotonic() - begin, again, done.stdout.strip()
    )


def run_pytest(arguments: Sequence[str]) -> Outcome:
    """Run pytest on every core, with its own words on the screen."""
    begin = time.monotonic()
    workers = ["-n", "logical", "--maxprocesses", "4", "--dist", "loadscope"]
    command = [sys.executable, "-P", "-m", "pytest", *workers, *arguments]
    status = subprocess.call(command, cwd=ROOT)
    return Outcome("pytest", status == 0, time.monotonic() - begin, "python3 tests --last-failed")


def line(outcome: Outcome) -> str:
    """One stage as a line: its mark, its name and its time, and how to repeat a failed one."""
    mark = "✔" if outcome.passed else "✘"
    again = "" if outcome.passed else f"   again: {outcome.again}"
    return f"{mark} {outcome.name:<10} {outcome.seconds:6.1f} s{again}"


def summarise(outcomes: Sequence[Outcome]) -> None:
    """Print every stage, and the word that matters last."""
    print("\nSummary", *map(line, outcomes), sep="\n")
    failed = [outcome.name for outcome in outcomes if not outcome.passed]
    print(f"Failed: {', '.join(failed)}." if failed else "Everything holds.", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
