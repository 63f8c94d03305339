"""Differences in logs, metrics and events."""

from __future__ import annotations

from typing import Final

from ecslab.model.differences.difference import Area, Difference

DIFFERENCES: Final[tuple[Difference, ...]] = (
    Difference(
        id="lines-at-once",
        area=Area.OBSERVABILITY,
        aws="A line needs a few seconds to arrive in its log.",
        here="It is there at once.",
        why="No publication says how long it takes.",
        test="tests/cloud/test_tasks_programs.py::test_what_a_program_prints_is_in_its_own_stream",
    ),
    Difference(
        id="events-once-in-order",
        area=Area.OBSERVABILITY,
        aws="EventBridge delivers an event at least once, and the order is not promised.",
        here="Once, in the order in which things happened.",
        why="ecs_cwe_events (duplicates); a course could not be repeated otherwise.",
        test="tests/cloud/test_tasks.py::test_every_change_of_state_is_an_event",
    ),
    Difference(
        id="metric-samples",
        area=Area.OBSERVABILITY,
        aws="Each point of a service's CPU and memory is made of several samples, which are not"
        " described further.",
        here="The point of a minute holds three samples, taken at its seconds 10, 30 and 50.",
        why="cloudwatch-metrics gives the formula, not the sampling.",
        test="tests/cloud/test_metrics.py::test_a_point_holds_the_samples_of_its_minute",
    ),
    Difference(
        id="alarm-range",
        area=Area.OBSERVABILITY,
        aws="An alarm fetches more points than its evaluation periods; how many depends on"
        " the period and is not published.",
        here="Two more, as in AWS's own examples.",
        why="The page alarms-and-missing-data shows examples only.",
        test="tests/model/test_cloudwatch.py::test_every_row_of_awss_tables",
    ),
    Difference(
        id="alarm-too-few",
        area=Area.OBSERVABILITY,
        aws="When there are only breaching points, and too few of them, an alarm does not go"
        " to ALARM at once; what it does instead is not said.",
        here="It keeps its state.",
        why="The page alarms-and-missing-data says only that a false alarm is avoided.",
        test="tests/model/test_cloudwatch.py::test_too_few_points_do_not_alarm_at_once",
    ),
    Difference(
        id="metrics-at-once",
        area=Area.OBSERVABILITY,
        aws="A point of a metric arrives some time after its minute, and alarms see it later.",
        here="A minute can be read when it has ended, and alarms are looked at in that moment.",
        why="No publication gives the delay.",
        test="tests/cloud/test_alarms.py::test_an_alarm_changes_with_its_metric",
    ),
    Difference(
        id="insights-dimensions",
        area=Area.OBSERVABILITY,
        aws="Enhanced Container Insights publishes its metrics under sets of dimensions that"
        " its page lists metric by metric.",
        here="Each metric of a container or task is published for cluster, service and family,"
        " with TaskId and ContainerName added; storage, EBS and GPU metrics are not"
        " published.",
        why="The list was not at hand; disks have no throughput in this simulation.",
        test="tests/cloud/test_container_insights.py::test_enhanced_observability",
    ),
    Difference(
        id="insights-events",
        area=Area.OBSERVABILITY,
        aws="Performance events come several times a minute from agents and from Fargate.",
        here="One event a minute for each thing that is measured.",
        why="The reference shows single events, not how often they come.",
        test="tests/cloud/test_container_insights.py::test_performance_events",
    ),
    Difference(
        id="balancer-metrics",
        area=Area.OBSERVABILITY,
        aws="A load balancer has about sixty metrics, also for each Availability Zone.",
        here="Requests, HTTP codes, response times, requests for each target and host counts,"
        " for the load balancer and its target groups.",
        why="The others measure what has no counterpart here.",
        test="tests/cloud/test_cloudwatch_api.py::test_metrics_of_a_load_balancer",
    ),
    Difference(
        id="cpu-queue",
        area=Area.OBSERVABILITY,
        aws="How long answers take when there is not enough CPU depends on the program and on"
        " Linux.",
        here="Requests are worked on one after the other, at the speed of the task's size;"
        " none uses more than one vCPU.",
        why="The simplest model in which load, size, CPUUtilization and response time hang"
        " together.",
        test="tests/cloud/test_cloudwatch_api.py::test_requests_take_cpu_time_and_wait_for_each_other",
    ),
    Difference(
        id="logs-patterns",
        area=Area.OBSERVABILITY,
        aws="Filter patterns may describe columns in brackets.",
        here="Such a pattern is refused; terms, phrases, regular expressions and JSON"
        " conditions work.",
        why="Log lines of columns are not part of the course.",
        test="tests/model/test_logs.py::test_patterns_that_are_refused",
    ),
    Difference(
        id="logs-queries",
        area=Area.OBSERVABILITY,
        aws="Logs Insights has more commands and functions.",
        here="A query has fields, display, filter, parse, stats, sort and limit; others are"
        " refused by name.",
        why="These are what the course teaches.",
        test="tests/model/test_logs.py::test_queries_that_are_refused",
    ),
    Difference(
        id="firelens-outputs",
        area=Area.OBSERVABILITY,
        aws="A log router can send to every output of its image, and read configuration files.",
        here="It sends to CloudWatch Logs, Firehose and S3; records carry a shortened set of"
        " Docker's fields, and configuration files have no effect.",
        why="Images describe what a program does, not the files in it.",
        test="tests/cloud/test_logs.py::test_firelens_to_cloudwatch_logs",
    ),
    Difference(
        id="log-driver-outage",
        area=Area.OBSERVABILITY,
        aws="The awslogs driver tries again with growing pauses, and gives up after some.",
        here="It tries again every five seconds for as long as the container runs.",
        why="Docker's source has the pauses; AWS publishes none.",
        test="tests/cloud/test_logs.py::test_non_blocking_drops_what_its_buffer_does_not_hold",
    ),
    Difference(
        id="metadata-stats",
        area=Area.OBSERVABILITY,
        aws="Stats are what Docker reports, with dozens of fields.",
        here="CPU, memory and network only; pause containers are not shown.",
        why="These are the ones that differ from task to task here.",
        test="tests/cloud/test_task_metadata.py::test_what_a_task_on_fargate_learns_of_itself",
    ),
    Difference(
        id="topic-to-queue",
        area=Area.OBSERVABILITY,
        aws="A queue must let a topic in by its own policy.",
        here="A topic reaches every queue that is subscribed; only what EventBridge sends is"
        " judged by the queue's policy.",
        why="The SNS of moto delivers without asking.",
        test="tests/cloud/test_alarms.py::test_actions_reach_a_topic_and_the_event_bus",
    ),
    Difference(
        id="placement-failures",
        area=Area.OBSERVABILITY,
        aws="Shows two reasons of SERVICE_TASK_PLACEMENT_FAILURE, RESOURCE:FARGATE and"
        " RESOURCE:CPU, and does not say how often the event comes.",
        here="The reason is that of RunTask's failures; RESOURCE:FARGATE also for a vCPU quota; for"
        " no instance, or too many tasks that wait, the end of the service event. It comes with"
        " the service event, again after six hours.",
        why="ecs_service_events; api_failures_messages; service-event-messages.",
        test="tests/cloud/test_service_events.py::test_no_fargate_spot_capacity",
    ),
    Difference(
        id="service-action-members",
        area=Area.OBSERVABILITY,
        aws="Names TASKS_STOPPED, SERVICE_DISCOVERY_INSTANCE_UNHEALTHY and"
        " SERVICE_DAEMON_PLACEMENT_CONSTRAINT_VIOLATED without an example.",
        here="They have taskArns, the second serviceRegistryArns, the last containerInstanceArns.",
        why="ecs_service_events; the CDK's pattern of aws.ecs@ECSServiceAction lists the members.",
        test="tests/cloud/test_service_events.py::test_tasks_that_the_service_stops",
    ),
    Difference(
        id="could-not-launch",
        area=Area.OBSERVABILITY,
        aws="A service says that a deployment could not launch some of its tasks, typically with a"
        " circuit breaker, and includes the reason; where it stands is not shown.",
        here="With a circuit breaker only, while the deployment is in progress; the reason is at"
        " the end.",
        why="service-event-messages-list.",
        test="tests/cloud/test_service_events.py::test_a_deployment_that_launches_some_of_its_tasks",
    ),
    Difference(
        id="no-throttling",
        area=Area.OBSERVABILITY,
        aws="Sends ECS_OPERATION_THROTTLED, SERVICE_DISCOVERY_OPERATION_THROTTLED,"
        " SERVICE_HEALTH_UNKNOWN and VPC_LATTICE_TARGET_UNHEALTHY, and says that operations are"
        " being throttled.",
        here="None of it: no API has a limit on its rate, health is always known, and there is no"
        " VPC Lattice.",
        why="ecs_service_events; request-throttling; their causes are not simulated.",
        test="tests/cloud/test_service_events.py::test_nothing_is_throttled",
    ),
)
