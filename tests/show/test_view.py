"""`cloud.view()`: an account at one moment."""

from __future__ import annotations

import pytest
from fleets import open_fleet
from pictures import alt, parsed, words
from shops import Shop, open_shop

from ecslab import Cloud, Image
from ecslab.errors import CourseError
from ecslab.show import timeline

WEB = Image(port=80)


def test_an_empty_account() -> None:
    with Cloud() as cloud:
        view = cloud.view()
    assert str(view) == "us-east-1 at 2026-01-15 09:00:00 UTC\nno clusters"
    assert alt(parsed(view)) == "An account without clusters."


def test_what_it_says_is_what_the_api_says(shop: Shop) -> None:
    """Of botocore ecs: Service.runningCount, Task.availabilityZone, lastStatus, healthStatus."""
    check = {"command": ["CMD-SHELL", "curl -f http://localhost/ || exit 1"], "interval": 10}
    shop.serve(shop.define(WEB, healthCheck=check), 3)
    shop.cloud.advance(minutes=3)
    shop.ecs.update_service(cluster="shop", service="web", taskDefinition=shop.define(WEB))
    shop.cloud.advance(seconds=15)
    (cluster,) = shop.cloud.view().clusters
    arns = shop.ecs.list_tasks(cluster="shop")["taskArns"]
    told = shop.ecs.describe_tasks(cluster="shop", tasks=arns)["tasks"]
    seen = {
        (zone.name, task.id, task.status, task.health, task.definition, task.group)
        for zone in cluster.zones
        for task in zone.tasks
    }
    assert seen == {
        (
            item.get("availabilityZone", ""),
            item["taskArn"].rsplit("/", 1)[-1],
            item["lastStatus"],
            item["healthStatus"],
            item["taskDefinitionArn"].rsplit("/", 1)[-1],
            item["group"],
        )
        for item in told
    }
    (service,) = cluster.services
    counts = shop.service()
    assert (service.desired, service.running, service.pending) == (
        counts["desiredCount"],
        counts["runningCount"],
        counts["pendingCount"],
    )
    assert [
        (d.status, d.rollout, d.desired, d.running, d.pending) for d in service.deployments
    ] == [
        (d["status"], d["rolloutState"], d["desiredCount"], d["runningCount"], d["pendingCount"])
        for d in counts["deployments"]
    ]


def test_tasks_wait_for_a_zone_run_in_it_and_stop(shop: Shop) -> None:
    arn = shop.run(shop.define(WEB))
    short = arn.rsplit("/", 1)[-1][:8]
    before = shop.cloud.view()
    shop.cloud.advance(minutes=1)
    running = shop.cloud.view()
    shop.ecs.stop_task(cluster="shop", task=arn, reason="closing <time> & tide")
    shop.cloud.advance(minutes=1)
    stopped = shop.cloud.view()
    assert [zone.title for zone in before.clusters[0].zones] == ["no zone yet"]
    assert [zone.name for zone in running.clusters[0].zones] == ["us-east-1a"]
    assert stopped.clusters[0].zones == ()
    assert f"    {short}  web               closing <time> & tide" in str(stopped)
    assert "closing <time> & tide" in words(parsed(stopped))
    assert str(before) != str(running)  # a snapshot stays as it was
    assert f"    {short}  web               web:1                 PROVISIONING" in str(before)
    assert "1 running task" in alt(parsed(running))


def test_deleted_clusters_and_services_are_gone(shop: Shop) -> None:
    shop.serve(shop.define(WEB), 1)
    shop.cloud.advance(minutes=2)
    shop.ecs.delete_service(cluster="shop", service="web", force=True)
    assert "service web (DRAINING)" in str(shop.cloud.view())
    shop.cloud.advance(minutes=2)
    assert shop.cloud.view().clusters[0].services == ()
    shop.ecs.delete_cluster(cluster="shop")
    assert shop.cloud.view().clusters == ()


def test_container_instances_show_what_is_left_on_them(shop: Shop) -> None:
    """Of botocore ecs ContainerInstance: registered and remaining resources, agentConnected."""
    fleet = open_fleet(shop)
    (arn,) = fleet.join(subnet=1)
    task = fleet.start(fleet.define())
    fleet.running(task)
    (cluster,) = shop.cloud.view().clusters
    (zone,) = cluster.zones
    (instance,) = zone.instances
    told = fleet.resources(arn)
    assert (zone.name, zone.tasks) == ("us-east-1b", ())
    assert instance.id == arn.rsplit("/", 1)[-1]
    assert (instance.cpu_left, instance.memory_left) == (told["CPU"], told["MEMORY"])
    assert instance.cpu - instance.cpu_left == 128
    assert [item.id for item in instance.tasks] == [task.rsplit("/", 1)[-1]]
    text = str(shop.cloud.view())
    assert f"    instance {instance.short_id} (t3.medium): ACTIVE\n" in text
    assert "1 container instance, 1 running task" in text
    root = parsed(shop.cloud.view())
    assert f"CPU: {told['CPU']} of 2048 units left" in words(root)
    shop.cloud.fail_instance(arn)
    shop.cloud.advance(minutes=10)
    assert shop.cloud.view().clusters[0].zones == ()
    line = timeline(shop.cloud, task).tasks[0]
    assert line.spans[0].state == "PENDING"  # bridge mode: no network interface to provision
    assert line.stop in str(timeline(shop.cloud, task)).replace("\n           ", " ")
    parsed(timeline(shop.cloud, task))


def test_of_many_stopped_tasks_the_newest_are_listed(shop: Shop) -> None:
    shop.serve(shop.define(Image(runs_for=3.0, exit_code=1)), 4)
    shop.cloud.advance(minutes=10)
    view = shop.cloud.view()
    count = len(view.clusters[0].stopped)
    assert count > 10
    assert f"  stopped within the last hour, the newest 10 of {count}\n" in str(view)
    seen = words(parsed(view))
    assert seen.count("Essential container in task exited") == 10


def test_long_names_keep_the_lines_short(shop: Shop) -> None:
    """Of botocore ecs CreateServiceRequest.serviceName: up to 255 characters."""
    definition = shop.define(WEB, family="f" * 200)
    shop.ecs.create_service(
        cluster="shop",
        serviceName="s" * 200,
        taskDefinition=definition,
        desiredCount=2,
        launchType="FARGATE",
        networkConfiguration=shop.network(),
    )
    shop.cloud.advance(minutes=2)
    parsed(shop.cloud.view())


def test_the_same_seed_gives_the_same_bytes_and_looking_changes_nothing() -> None:
    def bytes_of(*, looks: int) -> tuple[str, str | None, str]:
        with Cloud(seed=11) as cloud:
            for _ in range(looks):
                cloud.view()
            shop = open_shop(cloud)
            shop.serve(shop.define(WEB), 3)
            for _ in range(looks):
                str(cloud.view()), cloud.view()._repr_html_()
            cloud.advance(minutes=1)
            view = cloud.view()
            return str(view), view._repr_html_(), cloud.journal.to_text()

    assert bytes_of(looks=0) == bytes_of(looks=2)


def test_a_stopped_account_says_so() -> None:
    with pytest.raises(CourseError, match="not running"):
        Cloud().view()


def test_a_notebook_shows_the_picture_and_keeps_the_text() -> None:
    from IPython.core.formatters import DisplayFormatter

    with Cloud() as cloud:
        view = cloud.view()
    bundle, _ = DisplayFormatter().format(view)
    assert bundle == {"text/plain": str(view), "text/html": view._repr_html_()}
