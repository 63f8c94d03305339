"""Why an EFS volume can't be mounted, in the words of the mount helper that Fargate runs."""

from __future__ import annotations

from typing import Final

from ecslab.model.failures import Failure

_PREFIX: Final = (
    "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes:"
    " stderr:"
)
_SOURCE: Final = "AWS: resource-initialization-error; captured stoppedReason of tasks on Fargate"

NOT_RESOLVED: Final = Failure(
    message=f'{_PREFIX} Failed to resolve "{{file_system}}.efs.{{region}}.amazonaws.com" - check'
    " that your file system ID is correct, and ensure that the VPC has an EFS mount target for this"
    " file system ID. : unsuccessful EFS utils command execution; code: 1",
    source=_SOURCE,
)
TIMED_OUT: Final = Failure(
    message=f"{_PREFIX} b'mount.nfs4: Connection timed out' : unsuccessful EFS utils command"
    " execution; code: 32",
    source=_SOURCE,
)
ACCESS_DENIED: Final = Failure(
    message=f"{_PREFIX} b'mount.nfs4: access denied by server while mounting 127.0.0.1:{{path}}' :"
    " unsuccessful EFS utils command execution; code: 32",
    source=_SOURCE,
)
