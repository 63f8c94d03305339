"""AWS Lambda functions written in Python: their own code runs here, in this process.

moto keeps what CreateFunction was given and would run it with Docker; here the zip file's handler
is imported and called, with the function's variables and the credentials of its role. As on
Lambda, what a module keeps in its variables is there at the next call.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.abc
import importlib.util
import io
import json
import sys
import traceback
import zipfile
from typing import TYPE_CHECKING, Any, Final

from moto.awslambda.models import LambdaFunction, lambda_backends

from ecslab.aws.identity import session_caller
from ecslab.aws.programs import sealed
from ecslab.aws.sessions import new_session
from ecslab.model import service_messages as messages
from ecslab.sim.function_calls import Invocation

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence
    from importlib.machinery import ModuleSpec
    from types import CodeType, ModuleType

    from ecslab.aws.iam_roles import Roles
    from ecslab.aws.identity import CredentialStore
    from ecslab.clock import Clock

_ECS: Final = "ecs.amazonaws.com"
_INVOKE: Final = "lambda:InvokeFunction"
_SESSION: Final = "ECS-Lambda-Execution"
"""The session name of a hook's role (troubleshooting-blue-green)."""


class Functions:
    """The functions of one Region.

    Args:
        account: the account id.
        region: the Region.
        roles: what IAM says about roles.
        credentials: makes temporary credentials.
        clock: simulated time; what a function sleeps is the time that it takes.
    """

    running: Final[dict[str, Functions]] = {}
    """The functions of each Region, while a simulated account runs."""

    def __init__(
        self,
        account: str,
        region: str,
        roles: Roles,
        credentials: CredentialStore,
        clock: Clock,
    ) -> None:
        self._account = account
        self._region = region
        self._roles = roles
        self._credentials = credentials
        self._clock = clock
        self._modules: dict[tuple[str, str], dict[str, ModuleType]] = {}
        self.running[region] = self

    def invoke(self, function: str, role: str, payload: Mapping[str, Any]) -> Invocation:
        """Call a function with the permissions of a role that Amazon ECS assumes.

        AWS: blue-green-permissions.
        """
        source = f"arn:aws:ecs:{self._region}:{self._account}:*"
        if not self._roles.assumable(role, _ECS, source_arn=source, source_account=self._account):
            return Invocation(error=messages.role_not_assumed(role), refused="trust")
        decision = self._roles.permits(role, _INVOKE, function)
        if not decision.allowed:
            caller = session_caller(role, _SESSION).arn
            text = f"User: {caller} is not authorized to perform: {_INVOKE} on resource: {function}"
            return Invocation(error=f"{text} {decision.because(_INVOKE)}", refused="call")
        found = self.find(function)
        if found is None:
            return Invocation(error=f"Function not found: {function}", refused="call")
        return self.call(found, dict(payload))

    def find(self, function: str) -> Any:
        """Return moto's function with an ARN, None when there is none."""
        backend: Any = lambda_backends[self._account][self._region]
        return backend.get_function_by_arn(function)

    def call(self, function: Any, event: Any) -> Invocation:
        """Run a function's handler.

        Args:
            function: moto's function.
            event: what it is called with; plain JSON values.
        """
        printed = io.StringIO()
        borrowed = self._clock.borrow()
        answer, error = None, None
        with (
            self._clock.held(),
            sealed(self._variables(function), new_session()),
            contextlib.redirect_stdout(printed),
        ):
            try:
                answer = json.loads(json.dumps(self.handle(function, event)))
            except (Exception, SystemExit) as problem:  # noqa: BLE001 - whatever a handler raises
                error = f"{type(problem).__name__}: {problem}"
                printed.write("".join(traceback.format_exception_only(problem)))
        seconds = self._clock.borrow()
        if borrowed:
            self._clock.advance(borrowed)
        if seconds > function.timeout:
            answer, error = None, f"Task timed out after {function.timeout:.2f} seconds"
            seconds = float(function.timeout)
        self._log(function, printed.getvalue())
        return Invocation(answer, error, seconds)

    def _variables(self, function: Any) -> dict[str, str]:
        """Return the environment of a function; AWS: lambda, configuration-envvars."""
        minted = self._credentials.mint(function.role, function.function_name)
        return {
            **{str(key): str(value) for key, value in function.environment_vars.items()},
            "AWS_REGION": self._region,
            "AWS_DEFAULT_REGION": self._region,
            "AWS_LAMBDA_FUNCTION_NAME": function.function_name,
            "AWS_ACCESS_KEY_ID": minted["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": minted["SecretAccessKey"],
            "AWS_SESSION_TOKEN": minted["Token"],
        }

    def handle(self, function: Any, event: Any) -> Any:
        """Run the code of a function, as if it ran in its own environment already.

        Args:
            function: moto's function.
            event: what its handler is called with.
        """
        module, _, name = str(function.handler).rpartition(".")
        with self._imports(function):
            handler = getattr(importlib.import_module(module.replace("/", ".")), name)
            return handler(event, _Context(function))

    @contextlib.contextmanager
    def _imports(self, function: Any) -> Generator[None, None, None]:
        """Let a function import from its own zip file, and nothing else see these modules."""
        key = (function.function_arn, function.code_sha_256)
        own = self._modules.setdefault(key, {})
        finder = _ZipFinder(function.code_bytes)
        hidden = {name: sys.modules.pop(name) for name in finder.names if name in sys.modules}
        sys.modules.update(own)
        sys.meta_path.insert(0, finder)
        try:
            yield
        finally:
            sys.meta_path.remove(finder)
            own.update(
                {name: sys.modules.pop(name) for name in finder.names if name in sys.modules}
            )
            sys.modules.update(hidden)

    def _log(self, function: Any, text: str) -> None:
        """Write to the function's log group, as far as its role may."""
        group = (
            f"arn:aws:logs:{self._region}:{self._account}:log-group:{function.logs_group_name}:*"
        )
        if text and self._roles.permits(function.role, "logs:PutLogEvents", group).allowed:
            function.logs_backend.ensure_log_group(function.logs_group_name)
            function.save_logs(text)


def code_name(function: Any) -> str:
    """Return what names the code of a function: its ARN, and the digest of its zip file."""
    return f"{function.function_arn} {function.code_sha_256}"


class _Context:
    """What a handler is given as its second argument; AWS: lambda, python-context."""

    def __init__(self, function: Any) -> None:
        self.function_name = function.function_name
        self.function_version = function.version
        self.invoked_function_arn = function.function_arn
        self.memory_limit_in_mb = function.memory_size
        self._timeout = function.timeout

    def get_remaining_time_in_millis(self) -> int:
        """Return the function's time-out: no time has passed yet while it runs."""
        return int(self._timeout * 1000)


class _ZipFinder(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Finds the modules of a zip file that is in memory."""

    def __init__(self, content: bytes) -> None:
        self._sources: dict[str, tuple[str, bool]] = {}
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for path in archive.namelist():
                if path.endswith(".py"):
                    parts = path.removesuffix(".py").split("/")
                    package = parts[-1] == "__init__"
                    name = ".".join(parts[:-1] if package else parts)
                    self._sources[name] = (archive.read(path).decode(), package)

    @property
    def names(self) -> list[str]:
        return list(self._sources)

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,  # noqa: ARG002 - importlib's signature
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        if fullname not in self._sources:
            return None
        return importlib.util.spec_from_loader(fullname, self, is_package=self.is_package(fullname))

    def is_package(self, fullname: str) -> bool:
        return self._sources[fullname][1]

    def get_source(self, fullname: str) -> str:
        return self._sources[fullname][0]

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self.get_source(fullname), f"/var/task/{fullname}.py")


def install(prepare: Callable[[str], Any]) -> Callable[[], None]:
    """Have moto's Invoke call functions here instead of in Docker.

    Args:
        prepare: makes what belongs to a Region, of which nobody may have used anything yet.

    Returns:
        What ends that.
    """
    before = LambdaFunction._invoke_lambda  # noqa: SLF001 - moto has no public way

    def invoke(self: Any, event: Any = None) -> tuple[str, bool, str]:
        prepare(self.region)
        functions = Functions.running[self.region]
        event = json.loads(event) if isinstance(event, str) else event
        found = functions.call(self, event or {})
        if found.error is not None:
            kind, _, message = found.error.partition(": ")
            failed = {"errorMessage": message or kind, "errorType": kind}
            return json.dumps(failed), True, ""
        return json.dumps(found.answer), False, ""

    LambdaFunction._invoke_lambda = invoke  # type: ignore[method-assign] # noqa: SLF001

    def uninstall() -> None:
        LambdaFunction._invoke_lambda = before  # type: ignore[method-assign] # noqa: SLF001
        Functions.running.clear()

    return uninstall
