"""Random programs on a service that shifts its traffic, and what must hold through them."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Final

from hypothesis import strategies as st
from programs import in_order
from shifting import INFRASTRUCTURE, Stage, image

if TYPE_CHECKING:
    from ecslab import Cloud
    from ecslab.journal import Entry

Json = dict[str, Any]
Step = tuple[str, int, int]
Program = tuple[bool, list[Step]]

IMAGES: Final = {
    "good": image("good", stop_after=1),
    "better": image("better", stop_after=1),
    "crashing": image("crashing", runs_for=5, exit_code=3),
    "unhealthy": image("unhealthy", status=500),
}
STRATEGIES: Final[tuple[Json, ...]] = (
    {"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 2},
    {"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 0},
    {"strategy": "CANARY", "canaryConfiguration": {"canaryBakeTimeInMinutes": 1}},
    {
        "strategy": "LINEAR",
        "linearConfiguration": {"stepPercent": 33.3, "stepBakeTimeInMinutes": 1},
    },
    {"strategy": "ROLLING"},
)
ACTIONS: Final = (
    *("good", "better", "crashing", "unhealthy", "strategy", "rollback", "abort", "scale"),
    *("stop", "forbid", "permit", "force"),
)
STEPS: st.SearchStrategy[Step] = st.tuples(
    st.sampled_from(ACTIONS), st.integers(0, 4), st.sampled_from((0, 1, 30, 75, 150, 400))
)
PROGRAMS: st.SearchStrategy[Program] = st.tuples(
    st.booleans(), st.lists(STEPS, min_size=2, max_size=7)
)
LISTENS: Final = 8080


class World:
    """A service behind two target groups, which a program deploys, breaks and scales.

    Args:
        cloud: a running account.
        breaker: whether the circuit breaker is on, and rolls back.
    """

    def __init__(self, cloud: Cloud, *, breaker: bool) -> None:
        self.cloud = cloud
        self.stage = Stage(cloud)
        self.ecs = self.stage.ecs
        self.breaker = {"deploymentCircuitBreaker": {"enable": breaker, "rollback": breaker}}
        self.watch = Watch(cloud)
        self.definitions = {name: self.stage.define(made, name) for name, made in IMAGES.items()}
        self.stage.create(IMAGES["good"], **STRATEGIES[0], **self.breaker)
        cloud.advance(minutes=4)

    def play(self, steps: list[Step]) -> None:
        """Run a program; look at everything after each step."""
        for action, number, seconds in steps:
            self.take(action, number)
            self.cloud.advance(seconds=seconds)
            self.look()

    def take(self, action: str, number: int) -> None:
        """Take one step."""
        if action in self.definitions:
            self.update(taskDefinition=self.definitions[action])
        else:
            getattr(self, f"_{action}")(number)

    def _strategy(self, number: int) -> None:
        self.update(deploymentConfiguration={**STRATEGIES[number], **self.breaker})

    def _scale(self, number: int) -> None:
        self.update(desiredCount=number)

    def _force(self, _: int) -> None:
        self.update(forceNewDeployment=True)

    def _stop(self, number: int) -> None:
        arns = self.ecs.list_tasks(cluster="shop", desiredStatus="RUNNING")["taskArns"]
        for arn in arns[:number]:
            self.ecs.stop_task(cluster="shop", task=arn)

    def _rollback(self, _: int, how: str = "ROLLBACK") -> None:
        arn = self.stage.deployments()[0]["serviceDeploymentArn"]
        # It may be over already.
        with contextlib.suppress(self.ecs.exceptions.ConflictException):
            self.ecs.stop_service_deployment(serviceDeploymentArn=arn, stopType=how)

    def _abort(self, number: int) -> None:
        self._rollback(number, "ABORT")

    def _forbid(self, _: int) -> None:
        if self._policies():
            self.stage.iam.detach_role_policy(RoleName="infrastructure", PolicyArn=INFRASTRUCTURE)

    def _permit(self, _: int) -> None:
        if not self._policies():
            self.stage.iam.attach_role_policy(RoleName="infrastructure", PolicyArn=INFRASTRUCTURE)

    def _policies(self) -> list[Json]:
        found = self.stage.iam.list_attached_role_policies(RoleName="infrastructure")
        return list(found["AttachedPolicies"])

    def update(self, **changes: Any) -> None:
        """Call UpdateService."""
        self.ecs.update_service(cluster="shop", service="web", **changes)

    # --- What must hold --------------------------------------------------------------------------

    def look(self) -> None:
        """Look at weights and service deployments through the API."""
        assert not self.watch.found, self.watch.found
        weights = self.weights()
        assert sum(weights.values()) in (1, 100, 1000), weights
        arns = [each["serviceDeploymentArn"] for each in self.stage.deployments()]
        answer = self.ecs.describe_service_deployments(serviceDeploymentArns=arns[:20])
        for each in answer["serviceDeployments"]:
            in_order(each, "createdAt", "startedAt", "finishedAt")
            self._look_at(each)
        self._look_at_newest(self.stage.deployment(), weights)

    def weights(self) -> dict[str, int]:
        """Return the weights of the production rule."""
        (action,) = self.stage.elb.describe_rules(RuleArns=[self.stage.rule])["Rules"][0]["Actions"]
        groups = (action.get("ForwardConfig") or {}).get("TargetGroups")
        if not groups:
            return {action["TargetGroupArn"]: 1}
        return {each["TargetGroupArn"]: each.get("Weight", 1) for each in groups}

    def _look_at(self, found: Json) -> None:
        """See that the shares of the revisions of a service deployment make a whole."""
        revisions = [*found["sourceServiceRevisions"], found["targetServiceRevision"]]
        for key in ("requestedProductionTrafficWeight", "requestedTestTrafficWeight"):
            shares = [each[key] for each in revisions if key in each]
            assert not shares or abs(sum(shares) - 100.0) < 1e-9, found
        if found["status"] == "ROLLBACK_SUCCESSFUL":
            target = found["targetServiceRevision"]
            assert target.get("requestedProductionTrafficWeight", 0.0) == 0.0, found

    def _look_at_newest(self, newest: Json, weights: dict[str, int]) -> None:
        """See that all traffic goes to the revision that a service deployment ended with."""
        if newest["deploymentConfiguration"]["strategy"] == "ROLLING":
            return
        ends = {
            "SUCCESSFUL": newest["targetServiceRevision"]["arn"],
            "ROLLBACK_SUCCESSFUL": (newest.get("rollback") or {}).get("serviceRevisionArn"),
        }
        arn = ends.get(newest["status"])
        if arn is None:
            return
        (revision,) = self.ecs.describe_service_revisions(serviceRevisionArns=[arn])[
            "serviceRevisions"
        ]
        (resolved,) = revision["resolvedConfiguration"]["loadBalancers"]
        used = [group for group, weight in weights.items() if weight]
        assert used == [resolved["targetGroupArn"]], newest

    def settle(self) -> None:
        """Repair what the program has broken; the service comes to its count, and answers."""
        self._permit(0)
        self._strategy(1)
        self.update(
            taskDefinition=self.definitions["good"], desiredCount=2, forceNewDeployment=True
        )
        self.cloud.advance(minutes=40)
        self.look()
        service = self.stage.service()
        assert service["runningCount"] == service["desiredCount"] == 2, service["events"][:5]
        assert service["pendingCount"] == 0
        assert [each["rolloutState"] for each in service["deployments"]] == ["COMPLETED"]
        assert self.stage.answers(count=4) == {"good": 4}
        assert all("finishedAt" in each for each in self.stage.deployments())

    def leave(self) -> None:
        """Delete the service; every task stops and gives back what it held."""
        self.ecs.delete_service(cluster="shop", service="web", force=True)
        self.cloud.advance(minutes=7)
        assert self.watch.launched == self.watch.stopped
        interfaces = self.stage.ec2.describe_network_interfaces()["NetworkInterfaces"]
        assert not [each for each in interfaces if ":attachment/" in each["Description"]]
        assert self.stage.health(self.stage.blue) == []
        assert self.stage.health(self.stage.alternate) == []


class Watch:
    """Follows the tasks through the journal, and notes when a revision has too many.

    AWS: deployment-type-blue-green: both revisions run in full, each within maximumPercent.

    Args:
        cloud: the account.
    """

    def __init__(self, cloud: Cloud) -> None:
        self.found: list[str] = []
        self.launched: set[str] = set()
        self.stopped: set[str] = set()
        self._wanted: dict[str, str] = {}
        self._desired = self._upper = 0
        cloud.journal.listen(self._note)

    def _note(self, entry: Entry) -> None:
        if "upper" in entry.fields:
            self._desired, self._upper = entry.fields["desired"], entry.fields["upper"]
        if not entry.kind.startswith("task."):
            return
        task, fields = entry.subject, entry.fields
        if "deployment" in fields and task not in self.launched:
            self.launched.add(task)
            self._wanted[task] = fields["deployment"]
            own = list(self._wanted.values()).count(fields["deployment"])
            if own > 2 * self._desired or len(self._wanted) > self._upper:
                self.found.append(f"{own} of {len(self._wanted)} tasks, {self._desired} desired")
        elif entry.kind == "task.stopping" and "code" in fields:
            self._wanted.pop(task, None)
        elif entry.kind == "task.stopped":
            self.stopped.add(task)
