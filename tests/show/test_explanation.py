"""The picture of a chain of causes."""

from __future__ import annotations

from pictures import parsed, words
from shops import Shop

from ecslab import Image

NO_TAG = "123456789012.dkr.ecr.us-east-1.amazonaws.com/web:2"


def test_the_steps_stand_under_one_another(shop: Shop) -> None:
    shop.cloud.push(Image(), "web:1")
    arn = shop.run(shop.define(NO_TAG))
    shop.stopped(arn)
    found = shop.cloud.explain(arn)
    seen = words(parsed(found))
    places = [seen.index(step.words) for step in found.steps]
    assert places == sorted(places)
    assert 'boto3.client("ecr").list_images( repositoryName="web", )["imageIds"]' in seen
    assert "In the end: The repository web has no image 2." in found._repr_html_()


def test_something_that_is_in_order(shop: Shop) -> None:
    arn = shop.serve(shop.define(Image(port=80)), 2)
    shop.cloud.advance(minutes=3)
    assert "All of them are healthy" in words(parsed(shop.cloud.explain(arn)))
