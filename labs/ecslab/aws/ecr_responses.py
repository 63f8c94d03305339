"""The operations of Amazon ECR that moto does not have."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.ecr.exceptions import LifecyclePolicyNotFoundException
from moto.ecr.responses import ECRResponse
from moto.ecr.urls import url_bases

from ecslab.aws.ecr_lifecycle import expiring

if TYPE_CHECKING:
    from ecslab.aws.ecr_lifecycle import Expiring

__all__ = ["EcrResponse", "url_bases", "url_paths"]


class _NoPreviewError(ServiceException):
    code = "LifecyclePolicyPreviewNotFoundException"


class EcrResponse(ECRResponse):
    """ECR with the preview of lifecycle policies.

    botocore ecr StartLifecyclePolicyPreview, GetLifecyclePolicyPreview. A preview is complete as
    soon as it is asked for.
    """

    def start_lifecycle_policy_preview(self) -> ActionResult:
        """Remember the policy to preview: the given one, or the repository's own."""
        repository = self._repository()
        text = self._get_param("lifecyclePolicyText") or repository.lifecycle_policy
        if not text:
            raise LifecyclePolicyNotFoundException(repository.name, repository.registry_id)
        self.ecr_backend.validate_lifecycle_policy(text)  # type: ignore[attr-defined]
        results = expiring(repository.images, text, time.time())
        repository.lifecycle_preview = {
            "registryId": repository.registry_id,
            "repositoryName": repository.name,
            "lifecyclePolicyText": text,
            "status": "COMPLETE",
            "previewResults": [_result(each) for each in results],
            "summary": {"expiringImageTotalCount": len(results)},
        }
        head = ("registryId", "repositoryName", "lifecyclePolicyText")
        started = {key: repository.lifecycle_preview[key] for key in head}
        return ActionResult(started | {"status": "IN_PROGRESS"})

    def get_lifecycle_policy_preview(self) -> ActionResult:
        """Answer with the images that the previewed policy would expire."""
        repository = self._repository()
        preview = getattr(repository, "lifecycle_preview", None)
        if preview is None:
            message = (
                "There is no dry run for the repository with name"
                f" '{repository.name}' in the registry with id '{repository.registry_id}'"
            )
            raise _NoPreviewError(message)
        return ActionResult(preview)

    def _repository(self) -> Any:
        backend: Any = self.ecr_backend
        return backend._get_repository(  # noqa: SLF001 - moto offers no public one
            self._get_param("repositoryName"), self._get_param("registryId")
        )


def _result(found: Expiring) -> dict[str, Any]:
    image = found.image
    result = {
        "imageDigest": image.image_digest,
        "imagePushedAt": image.image_pushed_at,
        "action": {"type": "EXPIRE"},
        "appliedRulePriority": found.priority,
    }
    return result | ({"imageTags": list(image.image_tags)} if image.image_tags else {})


url_paths = {"{0}/$": EcrResponse.dispatch}
