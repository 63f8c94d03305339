"""Differences in services and deployments."""

from __future__ import annotations

from typing import Final

from ecslab.model.differences.difference import Area, Difference

DIFFERENCES: Final[tuple[Difference, ...]] = (
    Difference(
        id="gateway-connector-is-lasting",
        area=Area.SERVICES,
        aws="A gateway connector of a service can be added, changed and removed by UpdateService,"
        " and its target group does not show among the service's load balancers.",
        here="It is given when the service is created and goes with it; of its health check the"
        " path counts, and the target group shows.",
        why="botocore ecs GatewayConnector, UpdateServiceRequest.gatewayConnectors.",
        test="tests/cloud/test_gateways.py::test_a_service_behind_a_gateway",
    ),
    Difference(
        id="express-rolls",
        area=Area.SERVICES,
        aws="An Express Mode service deploys by canary, watched by an alarm that it makes.",
        here="It deploys by rolling update between its percentages, and makes no alarm; its second"
        " target group stays empty.",
        why="express-service-work.",
        test="tests/cloud/test_express.py::test_an_update_rolls_out_what_it_names",
    ),
    Difference(
        id="express-size",
        area=Area.SERVICES,
        aws="Gives two default sizes of an Express Mode service: 256 and 512 in the API, 1024 and"
        " 2048 in the guide.",
        here="It has 256 CPU units and 512 MiB.",
        why="botocore ecs CreateExpressGatewayServiceRequest.cpu against express-service-work.",
        test="tests/cloud/test_express.py::test_an_update_rolls_out_what_it_names",
    ),
    Difference(
        id="express-builds-at-once",
        area=Area.SERVICES,
        aws="Builds the load balancer of an Express Mode service in the minutes after the call, and"
        " reports what its role may not do as an event of the service.",
        here="Everything is built during the call, and what the role may not do is its error.",
        why="express-service-work; captured service events.",
        test="tests/cloud/test_express.py::test_what_the_role_may_not_do_fails",
    ),
    Difference(
        id="start-throttle-steps",
        area=Area.SERVICES,
        aws="The pause between starts of a failing service grows up to 27 minutes; the steps are"
        " not published.",
        here="It doubles from 15 s with every attempt that fails, once three have failed; tasks"
        " that were started together are one attempt.",
        why="service-throttle-logic gives the rule and the limit.",
        test="tests/model/test_deployment.py::test_the_throttle_grows_to_27_minutes",
    ),
    Difference(
        id="scheduler-pace",
        area=Area.SERVICES,
        aws="Does not say how soon the scheduler reacts to a change.",
        here="A second later, and it looks again every five seconds until the service is steady.",
        why="No publication; captures show a few seconds.",
        test="tests/cloud/test_services.py::test_a_stopped_task_is_replaced",
    ),
    Difference(
        id="rollback-event",
        area=Area.SERVICES,
        aws="The exact words of the event that announces a rollback are known from one capture.",
        here="`(service web) rolling back to deployment ecs-svc/….`",
        why="A single public capture.",
        test="tests/cloud/test_services.py::test_a_failed_deployment_names_its_rollback",
    ),
    Difference(
        id="crash-counts-as-failure",
        area=Area.SERVICES,
        aws="Does not say whether a task that reached RUNNING and then ended by itself counts for"
        " the circuit breaker.",
        here="It counts as long as the task has never been healthy.",
        why="deployment-circuit-breaker names start failures and health checks; widely observed.",
        test="tests/cloud/test_differences.py::test_a_crash_before_health_counts_as_a_failure",
    ),
    Difference(
        id="deployment-failure-words",
        area=Area.SERVICES,
        aws="Publishes the words for a deployment that its circuit breaker ends; not those for"
        " alarms, hooks, time-outs, StopServiceDeployment and traffic that can't be shifted.",
        here="Words of ours in statusReason, rolloutStateReason and the service events.",
        why="service-event-messages-list; ecs_service_deployment_events.",
        test="tests/cloud/test_traffic_shifts.py"
        "::test_a_function_that_does_not_answer_as_it_must_rolls_back",
    ),
    Difference(
        id="abort",
        area=Area.SERVICES,
        aws="Lists the stop type ABORT and documents ROLLBACK alone.",
        here="An aborted deployment is STOPPED and leaves tasks and traffic as they are; the next"
        " deployment reconciles.",
        why="botocore ecs StopServiceDeploymentStopType.",
        test="tests/cloud/test_traffic_shifts.py::test_an_abort_leaves_everything_as_it_is",
    ),
    Difference(
        id="shift-refused",
        area=Area.SERVICES,
        aws="Does not say what becomes of a deployment whose infrastructure role may not change"
        " the listener rule.",
        here="It fails at once, and rolls back.",
        why="AmazonECSInfrastructureRolePolicyForLoadBalancers has the permissions only.",
        test="tests/cloud/test_traffic_shifts.py::test_traffic_needs_the_infrastructure_role",
    ),
    Difference(
        id="functions-in-process",
        area=Area.SERVICES,
        aws="Lambda runs a function in an environment of its own.",
        here="Python functions from a zip file run in this process with the credentials of their"
        " role; other runtimes, layers and images do not.",
        why="So that lifecycle hooks need no Docker.",
        test="tests/cloud/test_traffic_shifts.py::test_a_functions_calls_are_judged_by_its_role",
    ),
    Difference(
        id="alarm-bake-time",
        area=Area.SERVICES,
        aws="Computes how long alarms are watched after a rolling deployment from the alarms, and"
        " does not say how.",
        here="The longest time that one of them looks back: its period times its periods.",
        why="deployment-alarm-failure.",
        test="tests/cloud/test_deployments.py::test_alarms_are_watched_after_the_last_task",
    ),
    Difference(
        id="rebalancing-pace",
        area=Area.SERVICES,
        aws="Does not say how soon Availability Zone rebalancing begins, or tries again.",
        here="With the scheduler's next look; ten minutes after a zone had no room.",
        why="service-rebalancing.",
        test="tests/cloud/test_deployments.py::test_tasks_move_to_the_zone_that_has_too_few",
    ),
    Difference(
        id="breaker-and-shifts",
        area=Area.SERVICES,
        aws="Documents the circuit breaker for rolling updates, and accepts its settings with the"
        " other strategies without saying what they do.",
        here="It does not watch deployments that shift traffic; their view says DISABLED.",
        why="deployment-circuit-breaker; botocore ecs DeploymentConfiguration.",
        test="tests/cloud/test_traffic_shifts.py"
        "::test_the_circuit_breaker_watches_rolling_deployments_alone",
    ),
    Difference(
        id="hooks-with-rolling",
        area=Area.SERVICES,
        aws="Describes lifecycle hooks for the strategies that shift traffic, and does not say what"
        " becomes of them with ROLLING.",
        here="They are refused.",
        why="botocore ecs DeploymentConfiguration.lifecycleHooks.",
        test="tests/cloud/test_traffic_shifts.py::test_wrong_configurations_are_refused",
    ),
    Difference(
        id="started-by",
        area=Area.SERVICES,
        aws="Does not publish the startedBy of tasks that rules and schedules run.",
        here="`events-rule/` and the rule's name, `chronos-schedule/` and the schedule's name.",
        why="Widely observed.",
        test="tests/cloud/test_scheduled_tasks.py::test_a_rule_runs_its_task_at_its_rate",
    ),
)
