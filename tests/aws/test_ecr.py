"""Amazon ECR where plain moto is wrong: moved and immutable tags, sizes, lifecycle policies."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from ecslab import Cloud, Image

if TYPE_CHECKING:
    from collections.abc import Callable


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


def refusal(call: Callable[[], object]) -> tuple[str, str]:
    """Return code and message of the error with which AWS answers."""
    with pytest.raises(ClientError) as caught:
        call()
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def overwrite_immutable(layer: str) -> tuple[str, str]:
    """Put an image under a tag that another one has for ever; return how AWS refuses."""
    ecr = boto3.client("ecr", region_name="us-east-1")
    ecr.create_repository(repositoryName="web", imageTagMutability="IMMUTABLE")
    ecr.put_image(repositoryName="web", imageManifest=manifest("sha256:one"), imageTag="1")
    return refusal(
        lambda: ecr.put_image(repositoryName="web", imageManifest=manifest(layer), imageTag="1")
    )


def test_an_immutable_tag_stays() -> None:
    """Of botocore: ecr ImageTagAlreadyExistsException."""
    with Cloud():
        code, message = overwrite_immutable("sha256:two")
    assert code == "ImageTagAlreadyExistsException"
    assert message == (
        "The image tag '1' already exists in the 'web' repository and cannot be overwritten"
        " because the tag is immutable."
    )


def test_the_same_image_under_the_same_tag_is_another_error() -> None:
    """Of botocore: ecr ImageAlreadyExistsException."""
    with Cloud():
        assert overwrite_immutable("sha256:one")[0] == "ImageAlreadyExistsException"


def test_contract_plain_moto_names_the_wrong_error() -> None:
    """When this fails, moto knows ImageTagAlreadyExistsException."""
    with mock_aws():
        assert overwrite_immutable("sha256:two")[0] == "ImageAlreadyExistsException"


def test_an_image_is_as_large_as_its_layers() -> None:
    """Of botocore: ecr ImageDetail.imageSizeInBytes."""
    with Cloud() as cloud:
        cloud.push(Image(size=60), "web:1")
        [found] = boto3.client("ecr").describe_images(repositoryName="web")["imageDetails"]
        assert found["imageSizeInBytes"] == 60 * 1024 * 1024


def test_a_manifest_list_names_its_platforms() -> None:
    """OCI image-spec image-index: a manifest for each platform."""
    with Cloud() as cloud:
        cloud.push(Image(architecture=("X86_64", "ARM64")), "web:1")
        [found] = boto3.client("ecr").batch_get_image(
            repositoryName="web", imageIds=[{"imageTag": "1"}]
        )["images"]
        assert found["imageManifestMediaType"].endswith("image.index.v1+json")
        platforms = [m["platform"] for m in json.loads(found["imageManifest"])["manifests"]]
        assert [platform["architecture"] for platform in platforms] == ["amd64", "arm64"]


def rule(priority: int, status: str, number: int, **more: object) -> dict[str, object]:
    """Return a rule of a lifecycle policy; it counts images unless it gets a countUnit."""
    kind = "sinceImagePushed" if "countUnit" in more else "imageCountMoreThan"
    selection = {"tagStatus": status, "countType": kind, "countNumber": number} | more
    return {"rulePriority": priority, "selection": selection, "action": {"type": "expire"}}


def preview(*rules: dict[str, object]) -> dict[str, int]:
    """Return the expired tags with the priority of the rule; untagged images as a hyphen."""
    ecr = boto3.client("ecr")
    text = json.dumps({"rules": rules})
    started = ecr.start_lifecycle_policy_preview(repositoryName="web", lifecyclePolicyText=text)
    assert started["status"] == "IN_PROGRESS"
    ecr.get_waiter("lifecycle_policy_preview_complete").wait(repositoryName="web")
    found = ecr.get_lifecycle_policy_preview(repositoryName="web")
    assert found["summary"]["expiringImageTotalCount"] == len(found["previewResults"])
    return {
        ",".join(each.get("imageTags", ["-"])): each["appliedRulePriority"]
        for each in found["previewResults"]
    }


def fill(cloud: Cloud) -> None:
    """Push an image that loses its tag, and builds 1 to 4, a day apart."""
    cloud.push(Image(port=99), "web:release-1")
    cloud.push(Image(port=98), "web:release-1")
    for number in range(1, 5):
        cloud.advance(hours=24)
        cloud.push(Image(port=number), f"web:build-{number}")


def test_a_policy_expires_by_count_by_age_and_by_priority() -> None:
    """ECR user guide, LifecyclePolicies: one rule for each image, the youngest stay."""
    builds = {"tagPatternList": ["build-*"]}
    with Cloud() as cloud:
        fill(cloud)
        assert preview(rule(1, "tagged", 3, **builds)) == {"build-1": 1}
        assert preview(rule(1, "tagged", 2, countUnit="days", tagPrefixList=["build-"])) == {
            "build-1": 1
        }
        assert preview(rule(1, "untagged", 3, countUnit="days")) == {"-": 1}
        # Builds 1 to 4 belong to rule 1, whatever rule 2 says of them.
        assert preview(rule(2, "any", 1), rule(1, "tagged", 4, **builds)) == {
            "release-1": 2,
            "-": 2,
        }


def test_a_preview_without_a_policy_is_refused() -> None:
    """Of botocore: ecr LifecyclePolicyNotFoundException, and the one of the preview."""
    with Cloud() as cloud:
        cloud.push(Image(), "web:1")
        ecr = boto3.client("ecr")
        code, _ = refusal(lambda: ecr.start_lifecycle_policy_preview(repositoryName="web"))
        assert code == "LifecyclePolicyNotFoundException"
        code, _ = refusal(lambda: ecr.get_lifecycle_policy_preview(repositoryName="web"))
        assert code == "LifecyclePolicyPreviewNotFoundException"


@pytest.mark.parametrize(
    "rules",
    [
        [rule(1, "tagged", 1)],
        [rule(1, "untagged", 1, tagPatternList=["a*"])],
        [rule(1, "any", 1), rule(2, "untagged", 1)],
        [rule(1, "untagged", 1), rule(1, "any", 1)],
    ],
)
def test_a_policy_that_can_not_be_is_refused(rules: list[dict[str, object]]) -> None:
    """ECR user guide, lifecycle_policy_parameters."""
    with Cloud() as cloud:
        cloud.push(Image(), "web:1")
        ecr = boto3.client("ecr")
        text = json.dumps({"rules": rules})
        code, _ = refusal(
            lambda: ecr.put_lifecycle_policy(repositoryName="web", lifecyclePolicyText=text)
        )
        assert code == "InvalidParameterException"
