"""The Bookshop's jobs: what its single tasks do, and the definitions they run from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3

from ecslab.course import bookshop
from ecslab.model.image import Image

if TYPE_CHECKING:
    from ecslab.cloud import Cloud

__all__ = [
    "CLUSTER",
    "KILLED",
    "LOG_GROUP",
    "REASON_TO_STOP",
    "SCHEMA",
    "container",
    "define",
    "open_shop",
    "prepare_lab",
    "prepare_lesson",
]

CLUSTER = "bookshop"
LOG_GROUP = "/bookshop/jobs"
SCHEMA = "/bookshop/schema"
"""The Parameter Store parameter that holds the version of the catalog's tables."""

REASON_TO_STOP = "maintenance"
KILLED = 137
"""Exit code of a program that SIGKILL ended: 128 + 9."""

_OLD_SCHEMA, _NEW_SCHEMA = "41", "42"
_NIGHT_SHIFT, _DAY_SHIFT = "night-shift", "day-shift"


def _migrate() -> None:
    """Bring the tables to the new version, as the program in the image does."""
    boto3.client("ssm").put_parameter(Name=SCHEMA, Value=_NEW_SCHEMA, Type="String", Overwrite=True)
    print(f"tables are at version {_NEW_SCHEMA}")  # noqa: T201 - its log


def _open_catalog() -> None:
    """Refuse to work on tables of the old version, as the program in the image does."""
    found = boto3.client("ssm").get_parameter(Name=SCHEMA)["Parameter"]["Value"]
    if found != _NEW_SCHEMA:
        message = f"catalog 2 needs tables of version {_NEW_SCHEMA}, these have {found}"
        raise RuntimeError(message)
    print(f"catalog 2 works with tables of version {found}")  # noqa: T201 - its log


# What a job writes when it starts, and how it ends.
STOCK_REPORT = Image(logs=("stock-report: 1240 books in stock",), runs_for=20.0)
IMPORT_BOOKS = Image(
    logs=("import-books: reads the supplier's list",),
    required_environment=("SUPPLIER",),
    runs_for=15.0,
)
COVER_RESIZER = Image(
    logs=("cover-resizer: opens all covers at once",), memory=lambda age: 80.0 + 12.0 * age
)
BARCODE = Image(logs=("barcode: loads its C library",), runs_for=2.0, exit_code=139)

# Three workers that differ in what they do with SIGTERM.
PACKER = Image(logs=("packer: waits for orders",), stop_after=1.0)
CAREFUL_PACKER = Image(
    logs=("packer: waits for orders",), stop_after=12.0, stop_exit_code=0, memory=66.0
)
DEAF_PACKER = Image(logs=("packer: waits for orders",), stop_after=None, memory=68.0)
SLOW_PACKER = Image(
    logs=("packer: waits for orders",), stop_after=40.0, stop_exit_code=0, memory=70.0
)

READING_LIST = Image(logs=("reading-list: ready",), port=8080)
WARM_UP = Image(logs=("warm-up: cache filled",), runs_for=8.0, memory=20.0)

NEWSLETTER = Image(logs=("newsletter: 312 letters to send",), runs_for=30.0)
INVOICES = Image(logs=("invoices: 58 to print",), runs_for=30.0, memory=72.0)
SEARCH_INDEX = Image(
    logs=("search-index: reads every page of every book",), memory=lambda age: 100.0 + 9.0 * age
)
THUMBNAILS = Image(
    logs=("thumbnails: draws small covers",),
    required_environment=("COVERS_BUCKET",),
    runs_for=25.0,
)
PRICE_SYNC = Image(logs=("price-sync: waits for new prices",), memory=74.0)
FETCH_RATES = Image(logs=("fetch-rates: exchange rates saved",), runs_for=18.0, memory=24.0)
STOREFRONT = Image(logs=("storefront listens on port 8080",), port=8080, memory=120.0)

MIGRATE = Image(
    logs=("migrate: changes the tables",),
    work=_migrate,
    ready_after=18.0,
    every=600.0,
    runs_for=20.0,
)
CATALOG_2 = Image(logs=("catalog 2: starts",), work=_open_catalog, ready_after=1.0, every=86400.0)


def container(name: str, image: str, **settings: Any) -> dict[str, Any]:
    """Give a container definition that writes its log to the jobs' log group.

    Args:
        name: of the container, and the prefix of its log streams.
        image: the image's URI.
        settings: further members of the container definition.
    """
    options = {
        "awslogs-group": LOG_GROUP,
        "awslogs-region": "us-east-1",
        "awslogs-stream-prefix": name,
    }
    logging = {"logDriver": "awslogs", "options": options}
    return {"name": name, "image": image, "logConfiguration": logging} | settings


def define(family: str, *containers: dict[str, Any], **settings: Any) -> None:
    """Register a small task definition for Fargate.

    Args:
        family: its family.
        containers: its container definitions.
        settings: further members of the task definition.
    """
    boto3.client("ecs").register_task_definition(
        family=family,
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        executionRoleArn=bookshop.execution_role(),
        containerDefinitions=list(containers),
        **settings,
    )


def open_shop() -> None:
    """Make the cluster and the jobs' log group."""
    logs = boto3.client("logs")
    logs.create_log_group(logGroupName=LOG_GROUP)
    logs.put_retention_policy(logGroupName=LOG_GROUP, retentionInDays=7)
    boto3.client("ecs").create_cluster(clusterName=CLUSTER)


def prepare_lesson(cloud: Cloud) -> None:
    """Register what the lesson runs.

    Args:
        cloud: the running account.
    """
    open_shop()
    for family, image, settings in (
        ("stock-report", STOCK_REPORT, {}),
        ("import-books", IMPORT_BOOKS, {}),
        ("cover-resizer", COVER_RESIZER, {"memory": 256}),
        ("barcode", BARCODE, {}),
        ("packer", PACKER, {}),
        ("packer-careful", CAREFUL_PACKER, {}),
        ("packer-deaf", DEAF_PACKER, {}),
    ):
        name = family.partition("-careful")[0].partition("-deaf")[0]
        define(family, container(name, cloud.push(image, f"{family}:1.0"), **settings))
    define(
        "reading-list",
        container("reading-list", cloud.push(READING_LIST, "reading-list:1.0")),
        container("warm-up", cloud.push(WARM_UP, "warm-up:1.0")),
    )


def prepare_lab(cloud: Cloud) -> None:
    """Let five tasks die in the night, each of a real cause, and leave one running.

    Args:
        cloud: the running account.
    """
    open_shop()
    _define_the_dead(cloud)
    define("storefront", container("storefront", cloud.push(STOREFRONT, "storefront:3.0")))
    define("packer", container("packer", cloud.push(SLOW_PACKER, "packer:2.0")))
    _define_release(cloud)
    for family in ("newsletter", "search-index", "thumbnails", "invoices", "price-sync"):
        _run(family, _NIGHT_SHIFT)
        cloud.advance(seconds=40)
    _run("storefront", _DAY_SHIFT)
    cloud.advance(minutes=2)


def _define_the_dead(cloud: Cloud) -> None:
    newsletter = cloud.push(NEWSLETTER, "newsletter:1.2").replace(":1.2", ":1.3")
    define("newsletter", container("newsletter", newsletter))
    index = cloud.push(SEARCH_INDEX, "search-index:4.0")
    define("search-index", container("search-index", index, memory=256))
    define("thumbnails", container("thumbnails", cloud.push(THUMBNAILS, "thumbnails:2.0")))
    invoices = container("invoices", cloud.push(INVOICES, "invoices:7.1"))
    invoices["logConfiguration"]["options"]["awslogs-group"] = "/bookshop/invoices"
    define("invoices", invoices)
    define(
        "price-sync",
        container("price-sync", cloud.push(PRICE_SYNC, "price-sync:1.0")),
        container("fetch-rates", cloud.push(FETCH_RATES, "fetch-rates:1.0")),
    )


def _define_release(cloud: Cloud) -> None:
    """Register the catalog's release, whose two containers start at the same time."""
    boto3.client("ssm").put_parameter(Name=SCHEMA, Value=_OLD_SCHEMA, Type="String")
    arn = f"arn:aws:ssm:us-east-1:*:parameter{SCHEMA}"
    role = bookshop.task_role("catalog-release", "ssm:GetParameter", arn)
    bookshop.allow("catalog-release", "ssm:PutParameter", arn)
    define(
        "catalog-release",
        container("migrate", cloud.push(MIGRATE, "migrate:42.0")),
        container("catalog", cloud.push(CATALOG_2, "catalog:2.0")),
        taskRoleArn=role,
    )


def _run(family: str, started_by: str) -> None:
    boto3.client("ecs").run_task(
        cluster=CLUSTER,
        taskDefinition=family,
        launchType="FARGATE",
        networkConfiguration=bookshop.network(),
        startedBy=started_by,
    )
