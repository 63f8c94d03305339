"""Amazon ECR in moto, mended where moto loses images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.ecr.models import ECRBackend, ecr_backends

if TYPE_CHECKING:
    from collections.abc import Callable


class EcrBackend(ECRBackend):
    """ECR in which an image whose tag moves away stays, untagged, as it does on AWS.

    moto deletes it (its put_image calls batch_delete_image by tag), so that a digest which running
    services are pinned to could no longer be pulled. AWS: ECR user guide, image-tag-mutability.
    """

    @property
    def _url_module(self) -> Any:
        from moto.ecr import urls  # noqa: PLC0415 - moto derives it from the module's name

        return urls

    def put_image(self, repository_name: str, *args: Any, **kwargs: Any) -> Any:
        """Store an image; take its tag from the image that has it."""
        manifest = kwargs.get("image_manifest") or args[0]
        tag = kwargs.get("image_tag") or (args[1] if len(args) > 1 else None)
        repository = self.repositories.get(repository_name)
        if repository is not None and tag:
            for image in self._resolve_image_tag_mutability(repository, tag):
                if image.image_manifest != manifest:
                    image.remove_tag(tag)
                    if not image.image_tags:
                        image.image_tag = None  # type: ignore[assignment]
        return super().put_image(repository_name, *args, **kwargs)


def install() -> Callable[[], None]:
    """Make moto use `EcrBackend`; return what puts moto's own backend back."""
    before = ecr_backends.backend
    _use(EcrBackend)
    return lambda: _use(before)


def _use(backend: type[ECRBackend]) -> None:
    if ecr_backends.backend is not backend:
        ecr_backends.backend = backend
        ecr_backends.clear()
