"""Command lines: the part of the shell's language that the simulation reads.

AWS: botocore ecs ContainerDefinition.command, HealthCheck.command; POSIX.1, Shell Command Language.
"""

from __future__ import annotations

import string
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecslab import Image
from ecslab.model import command as shell
from ecslab.sim.command_line import resolve

VARIABLES = {"NAME": "shop", "TWO": "a b", "EVIL": "x; exit 9 'y", "EMPTY": ""}


def words(script: str) -> list[tuple[str, ...]]:
    """Return the words of each step."""
    return [step.words for step in shell.parse(script, VARIABLES)]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("echo hi", [("echo", "hi")]),
        ("  a   b  ", [("a", "b")]),
        ("a; b && c || d", [("a",), ("b",), ("c",), ("d",)]),
        ("a\nb\n\n# note\nc # more", [("a",), ("b",), ("c",)]),
        ("a \\\n b", [("a", "b")]),
        ("echo 'a; b' \"c && d\"", [("echo", "a; b", "c && d")]),
        ("echo a\\ b a\\;b", [("echo", "a b", "a;b")]),
        ("echo '' x", [("echo", "", "x")]),
        ("echo $NAME ${NAME}s $NONE.", [("echo", "shop", "shops", ".")]),
        ("echo '$NAME' \"$NAME\" \\$NAME", [("echo", "$NAME", "shop", "$NAME")]),
        (
            "echo ${NONE:-other} ${NAME:-other} ${EMPTY:-other}",
            [("echo", "other", "shop", "other")],
        ),
        ('echo $TWO "$TWO"', [("echo", "a", "b", "a b")]),
        ('echo "$EVIL"', [("echo", "x; exit 9 'y")]),
        ('echo "a \\"b\\" \\n"', [("echo", 'a "b" \\n')]),
        ("echo a#b 5$", [("echo", "a#b", "5$")]),
        ("echo a | grep b && c", [("echo", "a"), ("c",)]),
        ("a & b", [("a",), ("b",)]),
        ("a > /dev/null 2>&1 || b", [("a",), ("b",)]),
        ("a>x;b 2>/dev/null", [("a",), ("b",)]),
        ("a < /dev/null", [("a",)]),
        ("a &>/dev/null||exit 1", [("a",), ("exit", "1")]),
        ("", []),
        (";;", []),
    ],
)
def test_a_script_falls_into_its_words(script: str, expected: list[tuple[str, ...]]) -> None:
    """POSIX.1, Shell Command Language: quoting, expansions, lists, redirection."""
    assert words(script) == expected


def test_a_value_never_becomes_a_command() -> None:
    """POSIX.1 2.6: what an expansion gives is not read again for operators or quotes."""
    assert words("echo $EVIL") == [("echo", "x;", "exit", "9", "'y")]


@pytest.mark.parametrize("script", ["echo 'a", 'echo "a', "&& a", "a || || b", "echo ${NAME"])
def test_what_a_shell_can_not_read(script: str) -> None:
    """POSIX.1 2.8.1: a syntax error."""
    with pytest.raises(shell.ScriptError):
        shell.parse(script)


def test_operators_decide_what_runs() -> None:
    """POSIX.1 2.9.3: && after success, || after failure, ; always."""
    first, then, otherwise, always = shell.parse("a && b || c; d")
    assert [shell.due(step, 0) for step in (first, then, otherwise, always)] == [1, 1, 0, 1]
    assert [shell.due(step, 1) for step in (first, then, otherwise, always)] == [1, 0, 1, 1]


def test_the_last_status() -> None:
    """POSIX.1 2.5.2: `$?` is the exit status of the most recent pipeline."""
    (step,) = shell.parse("exit $?")
    assert step.after(7).words == ("exit", "7")


def test_output_that_goes_elsewhere() -> None:
    """POSIX.1 2.7: only standard output is the container's log; /dev/stderr is too."""
    quiet = [
        shell.parse(f"echo x {rest}")[0].quiet for rest in (">/dev/null", ">> f", "2>f", ">&2")
    ]
    assert quiet == [True, True, False, False]


@pytest.mark.parametrize(
    ("text", "url", "strict"),
    [
        ("curl -f http://localhost:8080/health", "http://localhost:8080/health", True),
        ("curl -sf localhost/", "http://localhost/", True),
        ("curl --fail http://127.0.0.1/", "http://127.0.0.1/", True),
        ("curl http://localhost/", "http://localhost/", False),
        ("wget -q --spider http://localhost/", "http://localhost/", True),
        ("curl", None, False),
        ("python check.py http://localhost/", None, False),
    ],
)
def test_what_curl_and_wget_fetch(text: str, url: str | None, *, strict: bool) -> None:
    """curl(1) --fail; wget exits with 8 when a server answers an error."""
    (step,) = shell.parse(text)
    assert step.url == url
    assert url is None or step.fails_on_http_error is strict


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("5", 5),
        ("0.5", 0.5),
        ("2m", 120),
        ("1h", 3600),
        ("1d", 86400),
        ("3s", 3),
        ("x", 0),
        ("-1", 0),
    ],
)
def test_how_long_sleep_sleeps(argument: str, expected: float) -> None:
    """GNU coreutils, sleep: suffixes s, m, h and d."""
    assert shell.seconds([argument]) == expected
    assert shell.seconds([argument, "1"]) == expected + 1


def test_sleep_for_ever_is_finite() -> None:
    """`sleep infinity` must not stop time itself."""
    assert 1e8 < shell.seconds(["infinity"]) < 1e9


@pytest.mark.parametrize(
    ("arguments", "status", "code"),
    [([], 4, 4), (["3"], 0, 3), (["256"], 0, 0), (["-1"], 0, 255), (["inf"], 0, 2)],
)
def test_how_exit_ends_a_script(arguments: list[str], status: int, code: int) -> None:
    """POSIX.1, exit: the last status without an argument; eight bits."""
    assert shell.exit_code(arguments, status) == code


TEXT = st.text(alphabet=string.printable + "$'\"\\&|;<>é", max_size=40)


@settings(max_examples=300)
@given(script=TEXT, variables=st.dictionaries(st.sampled_from(["A", "NAME"]), TEXT, max_size=2))
def test_any_text_is_read_or_refused(script: str, variables: dict[str, str]) -> None:
    """Nothing that a person writes in a task definition raises another exception."""
    try:
        steps = shell.parse(script, variables)
    except shell.ScriptError:
        return
    for step in steps:
        assert step.words
        assert isinstance(step.program, str)
        assert step.url is None or "://" in step.url


@settings(max_examples=15, deadline=None)
@given(
    parts=st.lists(
        st.tuples(
            st.sampled_from(
                ["true", "false", "echo 'a  b' c", 'echo "$NAME"', "echo $TWO", "echo x >/dev/null"]
            ),
            st.sampled_from([" && ", " || ", "; ", "\n"]),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_scripts_end_as_in_a_real_shell(parts: list[tuple[str, str]]) -> None:
    """A real sh prints and returns the same."""
    script = "".join(f"{command}{operator}" for command, operator in parts) + "true; exit $?"
    real = subprocess.run(
        ["/bin/sh", "-c", script], env=VARIABLES, capture_output=True, text=True, check=False
    )
    printed, status = [], 0
    for each in shell.parse(script, VARIABLES):
        step = each.after(status)
        if not shell.due(step, status):
            continue
        if step.program == "exit":
            status = shell.exit_code(step.words[1:], status)
            break
        status = int(step.program == "false")
        if step.program == "echo" and not step.quiet:
            printed.append(" ".join(step.words[1:]))
    assert (printed, status) == (real.stdout.splitlines(), real.returncode)


# --- What a command line means for an image -------------------------------------------------------


OTHER = Image(body="other")
SHOP = Image(
    command=("python", "shop.py"),
    variants={"python job.py": OTHER, "python job.py && echo done": OTHER},
    tools=("sh", "python"),
)


@pytest.mark.parametrize("command", [[], ["python", "shop.py"], ["python", "else.py"]])
def test_the_main_behaviour(command: list[str]) -> None:
    """Dockerfile CMD, or another program of the image."""
    found = resolve(SHOP, command)
    assert (found.image, found.script, found.missing) == (SHOP, None, None)


@pytest.mark.parametrize(
    "command", [["python", "job.py"], ["sh", "-c", "python job.py && echo done"]]
)
def test_a_variant(command: list[str]) -> None:
    """Image.variants, by command line or by script."""
    assert resolve(SHOP, command).image is OTHER


@pytest.mark.parametrize(
    "command", [["nope"], ["/opt/nope", "-x"], ["curl", "x"], ["bash", "-c", "x"]]
)
def test_a_program_that_is_not_there(command: list[str]) -> None:
    """AWS: cannot-start-container (executable file not found)."""
    assert resolve(SHOP, command).missing == command[0]


def test_scripts_and_lone_shells() -> None:
    """With docker run, `sh` without a terminal reads nothing and ends."""
    assert resolve(SHOP, ["/bin/sh", "-c", "echo x"]).script == "echo x"
    assert resolve(SHOP, ["sh", "-ec", "echo x"]).script == "echo x"
    assert resolve(SHOP, ["sh"]).script == ()


def test_programs_without_a_shell_keep_their_words() -> None:
    """The exec form is not read by a shell (Dockerfile CMD)."""
    script = resolve(SHOP, ["echo", "$NAME; exit 3"]).script
    assert isinstance(script, tuple)
    assert script[0].words == ("echo", "$NAME; exit 3")
    assert resolve(Image(tools=()), ["echo", "x"]).missing == "echo"
