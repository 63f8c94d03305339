"""Images whose tag moves away stay pullable by digest, which plain moto gets wrong."""

from __future__ import annotations

import json

import boto3
from moto import mock_aws

from ecslab import Cloud, Image


def manifest(layer: str) -> str:
    """Return a manifest with one layer."""
    return json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "layers": [{"digest": layer, "size": 1}],
        }
    )


def push_twice() -> list[dict[str, object]]:
    """Push two images under one tag; return what the repository holds."""
    ecr = boto3.client("ecr", region_name="us-east-1")
    ecr.create_repository(repositoryName="web")
    for layer in ("sha256:one", "sha256:two"):
        ecr.put_image(repositoryName="web", imageManifest=manifest(layer), imageTag="1")
    return list(ecr.describe_images(repositoryName="web")["imageDetails"])


def test_a_moved_tag_leaves_the_old_image_untagged() -> None:
    """ECR image-tag-mutability: the tag moves, the image stays."""
    with Cloud():
        found = push_twice()
    assert len(found) == 2
    assert sorted(bool(image.get("imageTags")) for image in found) == [False, True]


def test_contract_plain_moto_deletes_it() -> None:
    """When this fails, moto has mended it and `ecslab.aws.ecr` can go."""
    with mock_aws():
        assert len(push_twice()) == 1


def test_the_same_behaviour_has_the_same_digest() -> None:
    """An image is named by what it is: pushed under two tags it is one image."""
    with Cloud() as cloud:
        cloud.push(Image(port=80), "web:1")
        cloud.push(Image(port=80), "web:2")
        cloud.push(Image(port=81), "web:3")
        ecr = boto3.client("ecr")
        found = ecr.describe_images(repositoryName="web")["imageDetails"]
        assert sorted(len(image["imageTags"]) for image in found) == [1, 2]
