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
        id="express-alarm",
        area=Area.SERVICES,
        aws="The alarm of an Express Mode service goes by the share of 4xx and 5xx answers; its"
        " name, and how the share is computed, are not published.",
        here="`cluster/service/RollbackAlarm`, on the answers of the targets in both target groups;"
        " the circuit breaker is on, as captured deployments show it.",
        why="express-service-update-full.",
        test="tests/cloud/test_express.py::test_errors_of_the_canary_roll_it_back",
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
        aws="Publishes the words for deployments that the circuit breaker, a lifecycle function or"
        " a load balancer ends; not those for pauses, time-outs and StopServiceDeployment, and of"
        " rolloutStateReason only those of the circuit breaker.",
        here="Words of ours in statusReason, rolloutStateReason and the service events. For alarms"
        " the statusReason is a captured one.",
        why="service-event-messages-list; ecs_service_deployment_events;"
        " troubleshooting-blue-green.",
        test="tests/cloud/test_traffic_shifts.py::test_a_stop_while_it_bakes_switches_back_at_once",
    ),
    Difference(
        id="abort",
        area=Area.SERVICES,
        aws="Lists the stop type ABORT and documents ROLLBACK alone.",
        here="An aborted deployment is STOPPED and leaves tasks and traffic as they are; the next"
        " deployment reconciles.",
        why="botocore ecs StopServiceDeploymentStopType.",
        test="tests/cloud/test_superseded_shifts.py::test_an_abort_leaves_everything_as_it_is",
    ),
    Difference(
        id="target-health-permission",
        area=Area.SERVICES,
        aws="Publishes the event of an infrastructure role that lacks DescribeTargetHealth or"
        " RegisterTargets, and does not say what becomes of the deployment.",
        here="Of the role ModifyListener and ModifyRule are asked for; its targets are registered"
        " and looked at without it.",
        why="troubleshooting-blue-green.",
        test="tests/cloud/test_shift_failures.py::test_traffic_needs_the_infrastructure_role",
    ),
    Difference(
        id="failed-rollback",
        area=Area.SERVICES,
        aws="Lists the status ROLLBACK_FAILED, and does not say what it leaves behind or when a"
        " rollback that waits for its tasks gives up.",
        here="Tasks and traffic stay as they are and no more tasks are started; it gives up after"
        " the 24 hours that a stage may last.",
        why="botocore ecs ServiceDeploymentStatus; blue-green-deployment-how-it-works.",
        test="tests/cloud/test_shift_failures.py"
        "::test_a_rollback_that_can_not_shift_the_traffic_back_fails",
    ),
    Difference(
        id="bake-time-left-out",
        area=Area.SERVICES,
        aws="Asks for bakeTimeInMinutes with BLUE_GREEN, and does not say what a request without"
        " it gets.",
        here="0 minutes, as rolling deployments show it.",
        why="botocore ecs DeploymentConfiguration.bakeTimeInMinutes; captured services.",
        test="tests/cloud/test_traffic_shifts.py"
        "::test_the_next_deployment_goes_back_to_the_first_target_group",
    ),
    Difference(
        id="superseded-deployment",
        area=Area.SERVICES,
        aws="Does not say which status and which times a service deployment has in whose place a"
        " newer one has begun.",
        here="STOPPED; one that had not started yet is startedAt the moment that it ended.",
        why="service-deployment gives the states only.",
        test="tests/cloud/test_programs.py::test_a_deployment_that_is_replaced_at_once_has_begun",
    ),
    Difference(
        id="stage-before-the-shift",
        area=Area.SERVICES,
        aws="Describes the stage PRE_PRODUCTION_TRAFFIC_SHIFT of a service deployment, and leaves"
        " it out of the list of values.",
        here="The lifecycleStage shows POST_TEST_TRAFFIC_SHIFT in its place; hooks run and pauses"
        " hold at it, and events name it.",
        why="botocore ecs ServiceDeployment.lifecycleStage, ServiceDeploymentLifecycleStage.",
        test="tests/cloud/test_traffic_shifts.py::test_the_stage_before_the_shift_is_not_in_the_list",
    ),
    Difference(
        id="shifts-without-traffic",
        area=Area.SERVICES,
        aws="Blue/green deployments work without a load balancer and Service Connect as well; for"
        " LINEAR and CANARY this is not said.",
        here="All three go through their stages and steps, with nothing to shift.",
        why="blue-green-deployment-implementation; linear-deployment-implementation.",
        test="tests/cloud/test_traffic_shifts.py::test_a_service_without_traffic_shifts_none",
    ),
    Difference(
        id="code-deploy",
        area=Area.SERVICES,
        aws="The deployment controller CODE_DEPLOY lets AWS CodeDeploy deploy a service, and"
        " UpdateService can change the controller.",
        here="It is refused, in CreateService and in UpdateService; a service keeps the controller"
        " that it has.",
        why="AWS CodeDeploy is not simulated, and nothing else could deploy such a service; AWS"
        " recommends the strategies of the controller ECS.",
        test="tests/cloud/test_traffic_shifts.py::test_code_deploy_is_refused_by_name",
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
        aws="Documents the circuit breaker for rolling updates in one place, for rolling and"
        " blue/green deployments in another.",
        here="It watches all deployments; of one that shifts traffic it counts the failures of the"
        " new revision until the old one is cleaned up.",
        why="botocore ecs DeploymentConfiguration; deployment-failure-detection; Terraform's tests"
        " see it roll back a blue/green deployment.",
        test="tests/cloud/test_shift_failures.py::test_the_circuit_breaker_rolls_a_shift_back",
    ),
    Difference(
        id="hooks-with-rolling",
        area=Area.SERVICES,
        aws="Announced pauses for rolling deployments too; the guide describes the stages of the"
        " strategies that shift traffic alone.",
        here="Lifecycle hooks are refused with ROLLING.",
        why="deployment-lifecycle-hooks; botocore ecs DeploymentConfiguration.lifecycleHooks.",
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
