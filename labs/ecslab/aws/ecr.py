"""Amazon ECR in moto, mended where moto loses images or answers other than AWS."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from moto.core.exceptions import ServiceException
from moto.ecr.exceptions import InvalidParameterException
from moto.ecr.models import ECRBackend, Image, ecr_backends
from moto.ecr.policy_validation import EcrLifecyclePolicyValidator

from ecslab.aws import ecr_lifecycle

if TYPE_CHECKING:
    from collections.abc import Callable


class _TagExistsError(ServiceException):
    code = "ImageTagAlreadyExistsException"


class EcrImage(Image):
    """An image that is as large as its layers; moto takes the size of its configuration.

    botocore ecr ImageDetail.imageSizeInBytes.
    """

    def get_image_size_in_bytes(self) -> int | None:
        """Return the bytes of the layers; None for a manifest list, which has none of its own."""
        layers = json.loads(self.image_manifest).get("layers")
        return sum(layer.get("size", 0) for layer in layers) if layers else None


class EcrBackend(ECRBackend):
    """ECR in which an image whose tag moves away stays, untagged, as it does on AWS.

    moto deletes it (its put_image calls batch_delete_image by tag), so that a digest which running
    services are pinned to could no longer be pulled. AWS: ECR user guide, image-tag-mutability.
    """

    @property
    def _url_module(self) -> Any:
        from ecslab.aws import ecr_responses

        return ecr_responses

    def put_image(
        self,
        repository_name: str,
        image_manifest: str,
        image_tag: str,
        image_manifest_mediatype: str | None = None,
        digest: str | None = None,
    ) -> Any:
        """Store an image; take its tag from the image that has it, unless tags are immutable."""
        repository = self.repositories.get(repository_name)
        if repository is not None and image_tag:
            self._free_tag(repository, image_manifest, image_tag)
        # A manifest list has no layers; moto would give it a digest by chance.
        if digest is None and "layers" not in _parsed(image_manifest):
            digest = "sha256:" + hashlib.sha256(image_manifest.encode()).hexdigest()
        image = super().put_image(
            repository_name, image_manifest, image_tag, image_manifest_mediatype, digest
        )
        image.__class__ = EcrImage
        return image

    def _free_tag(self, repository: Any, manifest: str, tag: str) -> None:
        """Take a tag from the image that has it.

        Raises:
            ServiceException: the tag is immutable (botocore ecr ImageTagAlreadyExistsException;
                moto says ImageAlreadyExistsException, which AWS keeps for the same image).
        """
        holders = [image for image in repository.images if tag in image.image_tags]
        others = [image for image in holders if image.image_manifest != manifest]
        try:
            self._resolve_image_tag_mutability(repository, tag)
        except ServiceException:
            if not others:
                raise
            message = (
                f"The image tag '{tag}' already exists in the '{repository.name}' repository and"
                " cannot be overwritten because the tag is immutable."
            )
            raise _TagExistsError(message) from None
        for image in others:
            image.remove_tag(tag)
            if not image.image_tags:
                image.image_tag = None

    def put_lifecycle_policy(
        self, registry_id: str, repository_name: str, lifecycle_policy_text: str
    ) -> dict[str, Any]:
        """Keep a policy that AWS would accept."""
        self.validate_lifecycle_policy(lifecycle_policy_text)
        return super().put_lifecycle_policy(registry_id, repository_name, lifecycle_policy_text)

    def validate_lifecycle_policy(self, text: str) -> None:
        """Raise what AWS answers to a policy that can't be.

        Args:
            text: the policy as JSON.
        """
        validator = EcrLifecyclePolicyValidator(text)
        validator.validate()
        found = ecr_lifecycle.problem(text)
        if found:
            message = f"{validator.INVALID_PARAMETER_ERROR_MESSAGE}{found}'"
            raise InvalidParameterException(message)


def _parsed(manifest: str) -> dict[str, Any]:
    try:
        found = json.loads(manifest)
    except json.JSONDecodeError:
        return {"layers": []}  # moto refuses it
    return found if isinstance(found, dict) else {}


def install() -> Callable[[], None]:
    """Make moto use `EcrBackend`; return what puts moto's own backend back."""
    before = ecr_backends.backend
    _use(EcrBackend)
    return lambda: _use(before)


def _use(backend: type[ECRBackend]) -> None:
    if ecr_backends.backend is not backend:
        ecr_backends.backend = backend
        ecr_backends.clear()
