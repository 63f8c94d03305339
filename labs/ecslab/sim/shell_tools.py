"""The small programs of a container's shell, over its own files, variables and processes.

POSIX.1, Shell and Utilities, as far as people use them to look into a container.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Final

from ecslab.model.file_system import is_root, user_id
from ecslab.sim.proc_files import proc_file, ulimit
from ecslab.sim.process_table import process_table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ecslab.model.command import Step
    from ecslab.sim.process import Process

    Printed = tuple[list[str], list[str], int]
    """Lines to standard output, lines to standard error, exit code."""

__all__ = ["run_tool", "through", "write_refused"]

_WRITES: Final = ("chmod", "cp", "mkdir", "mv", "rm", "touch")
_NOWHERE: Final = ("/dev/null", "/dev/stdout", "/dev/stderr", "/proc/1/fd/1")
_TEN: Final = 10


def run_tool(words: Sequence[str], process: Process) -> Printed:
    """Run a program that every shell has.

    Args:
        words: the program and its arguments.
        process: who runs it.
    """
    program, arguments = words[0].rsplit("/", 1)[-1], list(words[1:])
    if program in _WRITES:
        return _change(program, arguments, process)
    tool = _TOOLS.get(program)
    if tool is None:
        return [], [], int(program == "false")
    return tool(arguments, process)


def through(words: Sequence[str], lines: list[str]) -> tuple[list[str], int]:
    """Return what a filter makes of lines that are piped to it, and its exit code."""
    program, arguments = words[0].rsplit("/", 1)[-1], list(words[1:])
    if program == "grep":
        return _grep(arguments, lines)
    if program in ("head", "tail"):
        count = _count(arguments)
        return (lines[:count] if program == "head" else lines[-count:]), 0
    if program == "wc":
        return [str(len(lines))], 0
    if program == "sort":
        return sorted(lines, reverse="-r" in arguments), 0
    return lines, 0


def write_refused(step: Step, lines: list[str], process: Process) -> str | None:
    """Write a command's output to its target; return why that can't be, in the words of Linux."""
    files = process.container.files
    if files is None or step.target in _NOWHERE or not step.target:
        return None
    path = _path(step.target, process)
    refusal = files.refusal(path, process.user)
    if refusal is None:
        before = (files.read(path) or "") if step.appends else ""
        files.write(path, before + "".join(f"{line}\n" for line in lines))
    return refusal


def _path(name: str, process: Process) -> str:
    return posixpath.normpath(posixpath.join(process.folder, name))


def _change(program: str, arguments: list[str], process: Process) -> Printed:
    """Run a program that changes files."""
    files = process.container.files
    names = [word for word in arguments if not word.startswith("-")]
    if program == "chmod":
        names = names[1:]
    if files is None or not names:
        return [], [], 0
    changed = names[-1:] if program in ("cp", "mv") else names
    for name in changed:
        refusal = files.refusal(_path(name, process), process.user)
        if refusal:
            verb = {"rm": "remove", "mkdir": "create directory"}.get(program, program)
            return [], [f"{program}: cannot {verb} '{name}': {refusal}"], 1
    first, *_, last = (_path(name, process) for name in (names[0], *names))
    if program in ("cp", "mv"):
        files.write(last, files.read(first) or "")
    for path in [first] if program == "mv" else [_path(name, process) for name in changed]:
        if program in ("rm", "mv"):
            files.remove(path)
        elif program == "touch":
            files.write(path, files.read(path) or "")
        elif program == "mkdir":
            files.write(f"{path}/.keep", "")
    return [], [], 0


def _echo(arguments: list[str], _process: Process) -> Printed:
    while arguments and arguments[0] in ("-n", "-e", "-ne", "-en"):
        arguments.pop(0)
    return " ".join(arguments).splitlines(), [], 0


def _env(arguments: list[str], process: Process) -> Printed:
    if arguments:
        value = process.environment.get(arguments[0])
        return ([] if value is None else [value]), [], int(value is None)
    return [f"{name}={value}" for name, value in sorted(process.environment.items())], [], 0


def _hostname(_arguments: list[str], process: Process) -> Printed:
    return [process.environment.get("HOSTNAME", "")], [], 0


def _date(_arguments: list[str], process: Process) -> Printed:
    return [process.account.clock.now.strftime("%a %b %e %H:%M:%S UTC %Y")], [], 0


def _cat(arguments: list[str], process: Process) -> Printed:
    """Print files.

    A container's own scripts may read files of their image that nobody described: those are
    taken to be empty. Whoever looks into a container is told.
    """
    lines: list[str] = []
    for name in [word for word in arguments if not word.startswith("-")]:
        text = _content(name, process)
        if text is None and process.is_guest:
            return lines, [f"cat: {name}: No such file or directory"], 1
        lines += (text or "").splitlines()
    return lines, [], 0


def _content(name: str, process: Process) -> str | None:
    path = _path(name, process)
    if path.startswith("/proc/"):
        return proc_file(path, process)
    files = process.container.files
    return files.read(path) if files is not None else None


def _ls(arguments: list[str], process: Process) -> Printed:
    files = process.container.files
    names = [word for word in arguments if not word.startswith("-")] or ["."]
    if files is None or not process.is_guest:
        return [], [], 0
    lines: list[str] = []
    for name in names:
        path = _path(name, process)
        found = [name] if files.read(path) is not None else files.names_in(path)
        if found is None:
            return lines, [f"ls: cannot access '{name}': No such file or directory"], 2
        lines += [each for each in found if not each.startswith(".")]
    return lines, [], 0


def _id(_arguments: list[str], process: Process) -> Printed:
    if is_root(process.user):
        return ["uid=0(root) gid=0(root) groups=0(root)"], [], 0
    user, _, group = process.user.partition(":")
    number, name = user_id(user), "" if user.isdigit() else f"({user})"
    return [f"uid={number}{name} gid={group if group.isdigit() else number}"], [], 0


def _whoami(_arguments: list[str], process: Process) -> Printed:
    return ["root" if is_root(process.user) else process.user.partition(":")[0]], [], 0


def _ps(_arguments: list[str], process: Process) -> Printed:
    return process_table(process), [], 0


def _uname(arguments: list[str], process: Process) -> Printed:
    arm = "ARM64" in process.image.architectures and len(process.image.architectures) == 1
    machine = "aarch64" if arm else "x86_64"
    return [machine if "-m" in arguments else "Linux"], [], 0


def _pwd(_arguments: list[str], process: Process) -> Printed:
    return [process.folder], [], 0


def _cd(arguments: list[str], process: Process) -> Printed:
    process.folder = _path(arguments[0] if arguments else "/root", process)
    return [], [], 0


def _export(arguments: list[str], process: Process) -> Printed:
    for word in arguments:
        name, mark, value = word.partition("=")
        if mark:
            process.environment[name] = value
    return [], [], 0


def _unset(arguments: list[str], process: Process) -> Printed:
    for word in arguments:
        process.environment.pop(word, None)
    return [], [], 0


def _ulimit(arguments: list[str], process: Process) -> Printed:
    """Print a limit, soft unless the hard one is asked for."""
    names = {"-n": "nofile", "-u": "nproc", "-c": "core", "-l": "memlock", "-s": "stack"}
    flags = [f"-{letter}" for word in arguments for letter in word.lstrip("-")]
    wanted = next((names[flag] for flag in flags if flag in names), "nofile")
    return [ulimit(wanted, process, hard="-H" in flags)], [], 0


def _test(arguments: list[str], process: Process) -> Printed:
    """Answer the tests that can be answered; others hold, as nothing is known against them."""
    words = [word for word in arguments if word != "]"]
    unary, binary = 2, 3
    if len(words) == unary and words[0] in ("-n", "-z"):
        return [], [], int((words[0] == "-n") != bool(words[1]))
    if len(words) == unary and words[0] in ("-w", "-f", "-e", "-d") and process.is_guest:
        return [], [], int(not _file_test(words[0], words[1], process))
    if len(words) == binary and words[1] in ("=", "==", "!="):
        return [], [], int((words[0] == words[2]) == (words[1] == "!="))
    return [], [], 0


def _file_test(flag: str, name: str, process: Process) -> bool:
    files, path = process.container.files, _path(name, process)
    if files is None:
        return True
    if flag == "-w":
        return files.refusal(path, process.user) is None
    is_file, is_folder = files.read(path) is not None, files.names_in(path) is not None
    return {"-f": is_file, "-d": is_folder and not is_file}.get(flag, is_file or is_folder)


def _grep_files(arguments: list[str], process: Process) -> Printed:
    plain = [word for word in arguments if not word.startswith("-")]
    if not process.is_guest or len(plain) < 2:  # noqa: PLR2004 - a pattern and a file
        return [], [], 0
    text = "".join(_content(name, process) or "" for name in plain[1:])
    lines, status = _grep(
        [*(w for w in arguments if w.startswith("-")), plain[0]], text.split("\n")
    )
    return lines, [], status


def _grep(arguments: list[str], lines: list[str]) -> tuple[list[str], int]:
    flags = "".join(word[1:] for word in arguments if word.startswith("-"))
    pattern = next((word for word in arguments if not word.startswith("-")), "")
    fold: Callable[[str], str] = str.lower if "i" in flags else str
    found = [line for line in lines if (fold(pattern) in fold(line)) != ("v" in flags)]
    return ([] if "q" in flags else found), int(not found)


def _head(arguments: list[str], process: Process) -> Printed:
    lines, errors, status = _cat([w for w in arguments if not w.lstrip("-").isdigit()], process)
    return lines[: _count(arguments)], errors, status


def _tail(arguments: list[str], process: Process) -> Printed:
    lines, errors, status = _cat([w for w in arguments if not w.lstrip("-").isdigit()], process)
    return lines[-_count(arguments) :], errors, status


def _count(arguments: list[str]) -> int:
    digits = next((word.lstrip("-n") for word in arguments if word.lstrip("-n").isdigit()), "")
    return int(digits) if digits else _TEN


_TOOLS: Final[dict[str, Callable[[list[str], Process], Printed]]] = {
    "[": _test,
    "cat": _cat,
    "cd": _cd,
    "date": _date,
    "echo": _echo,
    "env": _env,
    "export": _export,
    "grep": _grep_files,
    "head": _head,
    "hostname": _hostname,
    "id": _id,
    "ls": _ls,
    "printenv": _env,
    "ps": _ps,
    "pwd": _pwd,
    "tail": _tail,
    "test": _test,
    "ulimit": _ulimit,
    "uname": _uname,
    "unset": _unset,
    "whoami": _whoami,
}
