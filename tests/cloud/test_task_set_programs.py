"""What holds whatever an external controller does with the task sets of a service.

AWS: deployment-type-external; botocore ecs TaskSet (computedDesiredCount, stabilityStatus).
"""

from __future__ import annotations

import contextlib
import math
import sys
from collections import Counter
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecslab import Cloud, Image
from ecslab.journal import Entry

sys.path.insert(0, str(Path(__file__).parents[1] / "aws"))

from front import Front

Json = dict[str, Any]
Step = tuple[str, int, int]

EXAMPLES: Final = 4
ACTIONS: Final = (
    *("good", "good", "crashing", "unhealthy", "rescale", "primary", "delete", "remove"),
    *("scale", "stop"),
)
IMAGES: Final = {
    "good": Image(port=8080, body="good", stop_after=1),
    "crashing": Image(port=8080, runs_for=5, exit_code=1),
    "unhealthy": Image(port=8080, status=500),
}
SCALES: Final = (0.0, 33.4, 50.0, 75.0, 100.0)
STEPS: st.SearchStrategy[Step] = st.tuples(
    st.sampled_from(ACTIONS), st.integers(0, 4), st.sampled_from((0, 1, 30, 75, 200))
)
PROGRAMS: st.SearchStrategy[list[Step]] = st.lists(STEPS, min_size=2, max_size=8)


class World:
    """A service with an external deployment controller behind a load balancer.

    Args:
        cloud: a running account.
    """

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.front = Front(cloud)
        self.ecs = self.front.ecs
        self.watch = Watch(cloud)
        self.definitions = {name: self.front.define(made, name) for name, made in IMAGES.items()}
        self.ecs.create_service(
            cluster="shop",
            serviceName="web",
            desiredCount=3,
            deploymentController={"type": "EXTERNAL"},
        )

    def play(self, steps: list[Step]) -> None:
        """Run a program; look at everything after each step."""
        for action, number, seconds in steps:
            self.take(action, number)
            self.look()
            self.cloud.advance(seconds=seconds)
            self.look(later=seconds > 1)

    def take(self, action: str, number: int) -> None:
        """Take one step; what there is nothing for is left out."""
        sets = [each["id"] for each in self.sets() if each["status"] != "DRAINING"]
        chosen = sets[number % len(sets)] if sets else None
        if action in self.definitions:
            if len(sets) < 3 and len(self.sets()) < 5:
                self.create(action, SCALES[number])
        elif action == "scale":
            self.ecs.update_service(cluster="shop", service="web", desiredCount=number)
        elif action == "stop":
            arns = self.ecs.list_tasks(cluster="shop", desiredStatus="RUNNING")["taskArns"]
            for arn in arns[:number]:
                self.ecs.stop_task(cluster="shop", task=arn)
        elif chosen is not None:
            self._change(action, chosen, number)

    def create(self, name: str, scale: float) -> None:
        """Create a task set."""
        group = self.front.target_group
        link = {"targetGroupArn": group, "containerName": "app", "containerPort": 8080}
        self.ecs.create_task_set(
            cluster="shop",
            service="web",
            taskDefinition=self.definitions[name],
            networkConfiguration=self.front.network,
            launchType="FARGATE",
            loadBalancers=[link],
            scale={"value": scale, "unit": "PERCENT"},
        )

    def _change(self, action: str, task_set: str, number: int) -> None:
        place = {"cluster": "shop", "service": "web"}
        if action == "rescale":
            scale = {"value": SCALES[number], "unit": "PERCENT"}
            self.ecs.update_task_set(**place, taskSet=task_set, scale=scale)
        elif action == "primary":
            self.ecs.update_service_primary_task_set(**place, primaryTaskSet=task_set)
        elif action == "remove":
            self.ecs.delete_task_set(**place, taskSet=task_set, force=True)
        else:
            # It is refused while the task set is scaled above 0.
            with contextlib.suppress(ClientError):
                self.ecs.delete_task_set(**place, taskSet=task_set)

    def sets(self) -> list[Json]:
        """Describe the task sets."""
        return list(self.service()["taskSets"])

    def service(self) -> Json:
        """Describe the service."""
        return dict(self.ecs.describe_services(cluster="shop", services=["web"])["services"][0])

    # --- What must hold --------------------------------------------------------------------------

    def look(self, *, later: bool = False) -> None:
        """See that the counts of the task sets follow from their scales, and hold together.

        Args:
            later: whether the scheduler has had time to look at the service.
        """
        service, sets = self.service(), self.sets()
        assert not self.watch.found, self.watch.found
        assert sum(each["status"] == "PRIMARY" for each in sets) <= 1
        for each in sets:
            share = Fraction(str(each["scale"]["value"])) / 100
            wanted = math.ceil(service["desiredCount"] * share)
            draining = each["status"] == "DRAINING"
            assert each["computedDesiredCount"] == (0 if draining else wanted), each
            self.watch.counts[each["id"]] = each["computedDesiredCount"]
            if later and each["stabilityStatus"] == "STEADY_STATE":
                assert each["runningCount"] == each["computedDesiredCount"], each
                assert each["pendingCount"] == 0, each
        for key in ("runningCount", "pendingCount"):
            assert service[key] == sum(each[key] for each in sets), (service[key], sets)

    def settle(self) -> None:
        """Let one good task set have the whole service, and remove the others."""
        self.ecs.update_service(cluster="shop", service="web", desiredCount=3)
        for each in self.sets():
            if each["status"] != "DRAINING":
                self._change("remove", each["id"], 0)
        # Those that drain count, and there can be five.
        self.cloud.run_until(lambda: len(self.sets()) < 5)
        self.create("good", 100.0)
        self.look()
        self.cloud.advance(minutes=15)
        self.look(later=True)
        (found,) = self.sets()
        assert (found["runningCount"], found["pendingCount"]) == (3, 0)
        assert found["stabilityStatus"] == "STEADY_STATE"
        assert {each["State"] for each in self.front.health()} == {"healthy"}

    def leave(self) -> None:
        """Delete the service; every task stops and gives back what it held."""
        self.ecs.delete_service(cluster="shop", service="web", force=True)
        self.cloud.advance(minutes=7)
        assert self.watch.launched == self.watch.stopped
        interfaces = self.front.ec2.describe_network_interfaces()["NetworkInterfaces"]
        assert not [each for each in interfaces if ":attachment/" in each["Description"]]
        assert self.front.health() == []


class Watch:
    """Follows the tasks through the journal, and notes when a task set has too many.

    AWS: ecs_services: replacements of unhealthy tasks start first, so there may be twice as many.

    Args:
        cloud: the account.
    """

    def __init__(self, cloud: Cloud) -> None:
        self.found: list[str] = []
        self.launched: set[str] = set()
        self.stopped: set[str] = set()
        self.counts: Counter[str] = Counter()
        """Task set → its computed desired count when it was last looked at."""
        self._wanted: dict[str, str] = {}
        cloud.journal.listen(self._note)

    def _note(self, entry: Entry) -> None:
        if not entry.kind.startswith("task."):
            return
        task, fields = entry.subject, entry.fields
        if "deployment" in fields and task not in self.launched:
            self.launched.add(task)
            self._wanted[task] = fields["deployment"]
            own = list(self._wanted.values()).count(fields["deployment"])
            if own > 2 * self.counts[fields["deployment"]]:
                self.found.append(f"{own} tasks of {fields['deployment']}: {dict(self.counts)}")
        elif entry.kind == "task.stopping" and "code" in fields:
            self._wanted.pop(task, None)
        elif entry.kind == "task.stopped":
            self.stopped.add(task)


def run(seed: int, steps: list[Step]) -> Cloud:
    """Run a program in a new account, repair the service, delete it."""
    cloud = Cloud(seed=seed).start()
    world = World(cloud)
    world.play(steps)
    world.settle()
    world.leave()
    return cloud


def test_task_sets_keep_their_counts_and_give_everything_back(pytestconfig: pytest.Config) -> None:
    """deployment-type-external: the invariants of task sets."""

    @settings(
        max_examples=EXAMPLES * pytestconfig.getoption("--fuzz"),
        suppress_health_check=list(HealthCheck),
    )
    @given(steps=PROGRAMS)
    def check(steps: list[Step]) -> None:
        run(7, steps).stop()

    check()


@settings(max_examples=1, suppress_health_check=list(HealthCheck))
@given(steps=PROGRAMS, seed=st.integers(0, 99))
def test_the_same_seed_gives_the_same_journal(steps: list[Step], seed: int) -> None:
    """A program and a seed decide every byte."""
    cloud = run(seed, steps)
    journal = cloud.journal.to_text()
    cloud.stop()
    again = run(seed, steps)
    assert again.journal.to_text() == journal
    again.stop()
