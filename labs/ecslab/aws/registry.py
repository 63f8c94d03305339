"""Image registries: Amazon ECR of the account, and a few public images."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from moto.core.exceptions import ServiceException
from moto.ecr.models import ecr_backends

from ecslab.aws.public_images import PUBLIC_IMAGES
from ecslab.errors import CourseError
from ecslab.model.image import Image
from ecslab.sim.ports import FoundImage, MissingImage

_ECR_HOST = re.compile(r"^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com$")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_MEDIA_TYPE = "application/vnd.oci.image.manifest.v1+json"
_LIST_TYPE = "application/vnd.oci.image.index.v1+json"
_PLATFORMS = {"X86_64": "amd64", "ARM64": "arm64"}
"""The names of CPU architectures: in ECS, and in image manifests."""
_MIB = 1024 * 1024


class Registry:
    """Finds and pushes images.

    Args:
        account: the account id.
        region: the Region.
    """

    def __init__(self, account: str, region: str) -> None:
        self._account = account
        self._region = region
        self._behaviours: dict[str, Image] = {}

    def push(self, image: Image, name: str) -> str:
        """Push an image to Amazon ECR, into a repository that is made when it is missing.

        Args:
            image: the image.
            name: `repository:tag`; the tag is `latest` when it is left out.

        Returns:
            The image's URI.

        Raises:
            CourseError: Amazon ECR refuses it: a wrong name, or a tag that can't be moved.
        """
        repository, _, tag = name.partition(":")
        tag = tag or "latest"
        if not _TAG.fullmatch(tag):
            message = (
                f"{tag!r} is not an image tag: it has 1 to 128 letters, digits, dots, hyphens and"
                " underscores."
            )
            raise CourseError(message)
        try:
            stored = self._store(repository, tag, _manifest(image))
        except ServiceException as error:
            message = f"Amazon ECR refuses the image {name!r}: {error.message}"
            raise CourseError(message) from None
        self._behaviours[stored.image_digest] = image
        return f"{self._host}/{repository}:{tag}"

    def _store(self, repository: str, tag: str, manifest: str) -> Any:
        backend: Any = ecr_backends[self._account][self._region]
        if repository not in backend.repositories:
            backend.create_repository(repository, None, None, None, "MUTABLE", [])
        for image in backend.repositories[repository].images:
            if tag in image.image_tags and image.image_manifest == manifest:
                return image
        return backend.put_image(repository, manifest, tag, json.loads(manifest)["mediaType"])

    def find(self, reference: str) -> FoundImage | MissingImage:
        """Return what an image reference leads to."""
        host, _, path = reference.partition("/")
        if not _ECR_HOST.match(host):
            return _public(reference)
        repository, tag, digest = _split(path)
        match = _ECR_HOST.match(host)
        account, region = match.groups() if match else ("", "")
        arn = f"arn:aws:ecr:{region}:{account}:repository/{repository}"
        stored = self._repository(account, region, repository)
        if stored is None:
            return MissingImage(host, repository, private=True, arn=arn)
        for image in stored.images:
            found = image.image_digest
            if digest == found or (digest is None and tag in image.image_tags):
                # What was put by PutImage alone says nothing of what it does: it only runs.
                behaviour = self._behaviours.get(found, Image())
                return FoundImage(behaviour, found, host, repository, private=True, arn=arn)
        return MissingImage(host, repository, private=True, arn=arn, tag_only=True)

    def _repository(self, account: str, region: str, name: str) -> Any:
        """Return a repository; None in another account, in a Region that is none, and if absent."""
        if account != self._account:
            return None
        try:
            return ecr_backends[account][region].repositories.get(name)
        except KeyError:
            return None

    @property
    def _host(self) -> str:
        return f"{self._account}.dkr.ecr.{self._region}.amazonaws.com"


def _split(path: str) -> tuple[str, str, str | None]:
    """Return repository, tag and digest of an image reference without its host."""
    name, _, digest = path.partition("@")
    repository, _, tag = name.partition(":")
    return repository, tag or "latest", digest or None


def _manifest(image: Image) -> str:
    """Return an OCI manifest; images that behave alike have the same one."""
    digest = image.digest()
    if image.is_manifest_list:
        return _manifest_list(image)
    config = hashlib.sha256(f"config {digest}".encode()).hexdigest()
    manifest = {
        "schemaVersion": 2,
        "mediaType": _MEDIA_TYPE,
        "config": {
            "mediaType": "application/vnd.oci.image.config.v1+json",
            "digest": f"sha256:{config}",
            "size": 7023,
        },
        "layers": [
            {
                "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip",
                "digest": digest,
                "size": int(image.size * _MIB),
            }
        ],
    }
    return json.dumps(manifest)


def _manifest_list(image: Image) -> str:
    """Return an OCI image index, which names an image for each platform."""
    members = [
        {
            "mediaType": _MEDIA_TYPE,
            "digest": "sha256:"
            + hashlib.sha256(f"{image.digest()} {architecture}".encode()).hexdigest(),
            "size": 1021,
            "platform": {"architecture": _PLATFORMS[architecture], "os": "linux"},
        }
        for architecture in image.architectures
    ]
    return json.dumps({"schemaVersion": 2, "mediaType": _LIST_TYPE, "manifests": members})


def _public(reference: str) -> FoundImage | MissingImage:
    first, _, rest = reference.partition("/")
    has_host = "." in first or (":" in first.split("@")[0] and bool(rest))
    host = first if has_host and rest else "docker.io"
    path = rest if has_host and rest else reference
    repository, _, digest = _split(path)
    name = repository.removeprefix("library/").removeprefix("docker/library/")
    image = PUBLIC_IMAGES.get(name)
    registry = "registry-1.docker.io" if host == "docker.io" else host
    if image is None:
        return MissingImage(registry, repository)
    found = digest or "sha256:" + hashlib.sha256(f"{name}:{image.digest()}".encode()).hexdigest()
    return FoundImage(image, found, registry, repository)
