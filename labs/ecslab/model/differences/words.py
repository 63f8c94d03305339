"""A row for every text whose rule AWS documents but whose wording it does not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ecslab.model import (
    agent_answers,
    capacity_failures,
    capacity_provider_answers,
    client_tokens,
    cluster_answers,
    exec_messages,
    express,
    failures,
    gateways,
    host_failures,
    managed_daemon_answers,
    managed_volumes,
    platform_versions,
    service_connect_answers,
    task_sets,
    word_answers,
)
from ecslab.model.differences.difference import Area, Difference
from ecslab.model.failures import Failure
from ecslab.model.placement import request
from ecslab.model.task_definition import RULES, family_answers, overrides, paging, shape, tags

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_MODEL: Final = "tests/model/task_definition"
_CONNECT: Final = "tests/cloud/test_service_connect.py"
_REGISTRY: Final = "tests/cloud/test_service_discovery.py"
_MANAGED: Final = "tests/cloud/test_managed_instances.py"
_DAEMONS: Final = "tests/cloud/test_managed_daemon"


@dataclass(frozen=True, slots=True)
class Source:
    """Where texts stand.

    Args:
        area: where they are listed.
        name: what their ids begin with.
        texts: texts by name; anything else is passed over.
        test: the test that has the texts, or most of them, come from their causes.
        others: the tests of single texts, by name.
    """

    area: Area
    name: str
    texts: Mapping[str, Any]
    test: str
    others: Mapping[str, str]


def _module(area: Area, module: Any, test: str, **others: str) -> Source:
    name = str(module.__name__).rsplit(".", 1)[-1].replace("_", "-")
    return Source(area, name, vars(module), test, others)


SOURCES: Final[tuple[Source, ...]] = (
    _module(
        Area.TASKS,
        failures,
        "tests/cloud/test_failures.py::test_the_task_does_not_start_and_says_why",
        USER_MISSING="tests/cloud/test_container_security.py"
        "::test_a_name_that_the_image_does_not_know_can_not_be_its_user",
        CANNOT_START="tests/cloud/test_tasks_containers.py"
        "::test_a_program_that_the_image_lacks_can_not_be_started",
    ),
    _module(
        Area.PERMISSIONS,
        exec_messages,
        "tests/cloud/test_exec.py::test_only_interactive_sessions_of_known_tasks_and_containers",
        CONTAINER_NEEDED="tests/cloud/test_exec.py::test_several_containers_need_a_name",
        AGENT_READ_ONLY="tests/cloud/test_exec.py"
        "::test_a_read_only_root_file_system_keeps_the_agent_out",
        AGENT_SHARED_PID="tests/cloud/test_exec.py::test_one_agent_in_a_shared_pid_namespace",
        PROGRAM_MISSING="tests/cloud/test_exec.py::test_a_missing_program_is_reported",
        CLIENT_KEY="tests/cloud/test_exec.py::test_the_caller_needs_the_customer_key_too",
        AGENT_KEY="tests/cloud/test_exec.py::test_a_customer_key_takes_permissions_on_both_sides",
        LOG_GROUP_NOT_ENCRYPTED="tests/cloud/test_exec.py"
        "::test_encryption_of_the_log_group_is_checked",
        IDLE="tests/cloud/test_exec.py::test_an_idle_session_ends_after_twenty_minutes",
    ),
    Source(
        Area.TASK_DEFINITIONS,
        "rule",
        {rule.name: rule.answer for rule in RULES},
        f"{_MODEL}/test_rules.py::test_broken_rule_answers_in_the_words_of_its_row",
        {},
    ),
    _module(Area.TASK_DEFINITIONS, shape, f"{_MODEL}/test_shapes.py::test_wrong_type_is_an_answer"),
    _module(Area.TASK_DEFINITIONS, tags, f"{_MODEL}/test_families.py::test_tags_that_break_a_rule"),
    _module(
        Area.TASK_DEFINITIONS,
        paging,
        f"{_MODEL}/test_families.py::test_page_has_1_to_100_items",
        BAD_TOKEN=f"{_MODEL}/test_families.py::test_invented_token_is_refused",
    ),
    _module(
        Area.TASK_DEFINITIONS,
        family_answers,
        f"{_MODEL}/test_families.py::test_delete_takes_inactive_revisions_and_lists_failures",
        NOTHING_TO_DELETE=f"{_MODEL}/test_families.py::test_delete_takes_1_to_10",
        TOO_MANY_TO_DELETE=f"{_MODEL}/test_families.py::test_delete_takes_1_to_10",
        NO_REVISION=f"{_MODEL}/test_families.py::test_deregistering_names_a_revision",
        BAD_REVISION=f"{_MODEL}/test_families.py::test_deregistering_names_a_revision",
        BAD_CHOICE=f"{_MODEL}/test_families.py::test_choice_of_another_program",
    ),
    _module(
        Area.OPERATIONS,
        client_tokens,
        "tests/cloud/contract/test_tokens.py::test_how_a_token_is_written",
        TASK_SET_DIFFERS="tests/cloud/contract/test_tokens.py"
        "::test_another_request_with_the_same_token_is_refused",
    ),
    _module(
        Area.TASKS,
        managed_volumes,
        "tests/cloud/test_managed_volumes.py::test_settings_that_are_refused",
        TOO_MANY="tests/cloud/test_managed_volumes.py::test_only_one_and_not_for_daemons",
        DAEMON="tests/cloud/test_managed_volumes.py::test_only_one_and_not_for_daemons",
    ),
    _module(
        Area.CAPACITY,
        platform_versions,
        "tests/cloud/test_platform_versions.py::test_ecs_exec_needs_the_newest_version",
    ),
    _module(
        Area.OPERATIONS,
        word_answers,
        "tests/cloud/contract/test_words.py::test_a_word_that_is_none_is_refused",
    ),
    _module(Area.TASK_DEFINITIONS, overrides, f"{_MODEL}/test_overrides.py::test_refused_override"),
    _module(
        Area.NETWORK,
        service_connect_answers,
        "tests/cloud/test_service_connect.py::test_configurations_that_are_refused",
        ALIAS_TAKEN=f"{_CONNECT}::test_names_are_unique_in_a_namespace",
        REPEATED_NAME=f"{_CONNECT}::test_names_are_unique_in_a_namespace",
        REPEATED_ALIAS=f"{_CONNECT}::test_names_are_unique_in_a_namespace",
        NETWORK_MODE=f"{_CONNECT}::test_what_a_task_definition_needs",
        NO_MEMORY=f"{_CONNECT}::test_what_a_task_definition_needs",
        PROTOCOL_CHANGED=f"{_CONNECT}::test_the_application_protocol_stays",
        TIMEOUT="tests/model/test_service_connect.py::test_timeouts_are_not_negative",
        LOG_LEVEL="tests/model/test_service_connect.py::test_the_log_level_of_the_proxy",
        CONTROLLER="tests/model/test_service_connect.py::test_only_the_controller_of_ecs",
        REGISTRY_CONTAINER_PORT=f"{_REGISTRY}::test_registries_that_are_refused",
        REGISTRY_NO_PORT=f"{_REGISTRY}::test_registries_that_are_refused",
        REGISTRY_ONLY_SRV=f"{_REGISTRY}::test_registries_that_are_refused",
        REGISTRY_NO_NETWORK=f"{_REGISTRY}::test_registries_that_are_refused",
        REGISTRY_UNKNOWN=f"{_REGISTRY}::test_one_registry_that_exists_and_a_thousand_tasks",
        REGISTRY_SEVERAL=f"{_REGISTRY}::test_one_registry_that_exists_and_a_thousand_tasks",
    ),
    _module(
        Area.CAPACITY,
        host_failures,
        "tests/cloud/test_ec2_instances.py::test_what_keeps_an_instance_out",
        ENDPOINT_UNREACHABLE="tests/cloud/test_ec2_instances.py"
        "::test_a_private_instance_needs_the_three_endpoints",
        TOO_MANY_INSTANCES="tests/cloud/test_zones.py"
        "::test_quotas_of_clusters_services_and_instances",
    ),
    _module(
        Area.CAPACITY,
        capacity_failures,
        "tests/cloud/test_managed_scaling.py::test_too_many_waiting_tasks",
        ZONE_LOST="tests/cloud/test_zones.py::test_a_service_on_fargate_moves_to_the_other_zone",
    ),
    _module(
        Area.CAPACITY,
        capacity_provider_answers,
        "tests/cloud/test_capacity_providers.py::test_settings_that_are_refused",
        BAD_NAME="tests/cloud/test_capacity_providers.py::test_names",
        ONE_KIND="tests/cloud/test_capacity_providers.py::test_a_name_and_a_group_are_used_once",
        NO_CLUSTER="tests/cloud/test_capacity_providers.py::test_a_name_and_a_group_are_used_once",
        WEIGHTED="tests/cloud/test_capacity_providers.py::test_a_group_with_weights_is_refused",
        NOT_FOUND="tests/cloud/test_capacity_providers.py::test_deletion",
        RESERVED="tests/cloud/test_capacity_providers.py::test_deletion",
        STILL_UPDATING="tests/cloud/test_capacity_providers.py::test_updates_take_a_moment",
        UPDATING="tests/cloud/test_capacity_providers.py::test_updates_take_a_moment",
        ONE_CLUSTER="tests/cloud/test_capacity_providers.py"
        "::test_managed_scaling_serves_one_cluster",
        OTHER_KIND=f"{_MANAGED}::test_what_a_provider_needs",
        NEEDS_CLUSTER=f"{_MANAGED}::test_what_a_provider_needs",
        BAD_ROLE=f"{_MANAGED}::test_settings_that_are_refused",
        BAD_PROFILE=f"{_MANAGED}::test_settings_that_are_refused",
        NO_SUBNETS=f"{_MANAGED}::test_settings_that_are_refused",
        SEVERAL_VPCS=f"{_MANAGED}::test_what_a_provider_needs",
        BAD_RANGE=f"{_MANAGED}::test_settings_that_are_refused",
        NO_TYPE=f"{_MANAGED}::test_settings_that_are_refused",
        SANDBOX_STORAGE=f"{_MANAGED}::test_settings_that_are_refused",
        TWO_TYPE_LISTS=f"{_MANAGED}::test_settings_that_are_refused",
    ),
    _module(
        Area.CAPACITY,
        managed_daemon_answers,
        f"{_DAEMONS}_requests.py::test_wrong_daemons_are_refused",
        UNKNOWN_PROVIDER=f"{_DAEMONS}_requests.py"
        "::test_only_providers_of_managed_instances_in_the_same_cluster",
        OTHER_KIND=f"{_DAEMONS}_requests.py"
        "::test_only_providers_of_managed_instances_in_the_same_cluster",
        NAME_TAKEN=f"{_DAEMONS}_requests.py"
        "::test_a_name_is_taken_once_and_a_token_says_it_is_the_same",
        TOKEN_TAKEN=f"{_DAEMONS}_requests.py"
        "::test_a_name_is_taken_once_and_a_token_says_it_is_the_same",
        BAD_ARN=f"{_DAEMONS}_requests.py::test_what_is_not_there",
        NOT_FOUND=f"{_DAEMONS}_requests.py::test_what_is_not_there",
        NOT_LISTED=f"{_DAEMONS}_requests.py::test_what_is_not_there",
        NOT_ACTIVE=f"{_DAEMONS}_requests.py::test_deletion_replaces_the_instances",
        PENDING=f"{_DAEMONS}_deployments.py::test_the_words_of_its_states",
        IN_PROGRESS=f"{_DAEMONS}_deployments.py::test_the_words_of_its_states",
        SUPERSEDED=f"{_DAEMONS}_deployments.py::test_a_newer_deployment_stops_an_older_one",
        BREAKER=f"{_DAEMONS}_deployments.py::test_the_circuit_breaker_rolls_back",
        ALARM=f"{_DAEMONS}_deployments.py::test_an_alarm_rolls_back_while_it_bakes",
        NOT_PLACED=f"{_DAEMONS}s.py::test_an_agent_that_may_not_connect_has_no_daemon",
        DRAINED=f"{_DAEMONS}s.py::test_an_instance_with_daemon_tasks_only_is_idle",
        IMPAIRED=f"{_DAEMONS}s.py::test_the_end_of_a_critical_daemon_replaces_its_instance",
    ),
    _module(
        Area.CAPACITY,
        cluster_answers,
        "tests/model/test_cluster.py::test_strategy_that_breaks_a_rule",
        BAD_SETTING_NAME="tests/model/test_cluster.py::test_other_setting",
        BAD_LOGGING="tests/model/test_cluster.py"
        "::test_logging_of_ecs_exec_that_says_too_little_or_too_much",
        MANAGED_INSTANCES_PROVIDER="tests/model/test_cluster.py"
        "::test_provider_that_cannot_be_associated",
        REPEATED_PROVIDER="tests/model/test_cluster.py::test_provider_that_cannot_be_associated",
        TOO_MANY_CLUSTERS="tests/cloud/test_zones.py"
        "::test_quotas_of_clusters_services_and_instances",
        CONTAINS_PROVIDER="tests/model/test_cluster.py::test_words_of_a_refused_deletion",
        UPDATE_IN_PROGRESS="tests/model/test_cluster.py::test_words_of_a_refused_deletion",
    ),
    _module(
        Area.CAPACITY,
        request,
        "tests/model/placement/test_placement.py::test_bad_constraints_are_refused",
        TOO_MANY_CONSTRAINTS="tests/model/placement/test_placement.py"
        "::test_ten_constraints_with_those_of_the_definition",
        TOO_MANY_RULES="tests/model/placement/test_placement.py::test_bad_strategies_are_refused",
        NO_STRATEGY_TYPE="tests/model/placement/test_placement.py::test_bad_strategies_are_refused",
        RANDOM_FIELD="tests/model/placement/test_placement.py::test_bad_strategies_are_refused",
        BINPACK_FIELD="tests/model/placement/test_placement.py::test_bad_strategies_are_refused",
        SPREAD_FIELD="tests/model/placement/test_placement.py::test_bad_strategies_are_refused",
        FARGATE_CONSTRAINTS="tests/model/placement/test_placement.py::test_fargate_takes_neither",
        FARGATE_STRATEGY="tests/model/placement/test_placement.py::test_fargate_takes_neither",
        DAEMON_STRATEGY="tests/cloud/test_ec2_services.py::test_what_a_daemon_cannot_have",
        MANAGED_STRATEGY=f"{_MANAGED}::test_constraints_but_no_strategies",
    ),
    _module(
        Area.SERVICES,
        task_sets,
        "tests/cloud/test_task_sets.py::test_wrong_task_sets_are_refused",
        NOT_OF_SERVICE="tests/cloud/test_task_sets.py::test_what_task_sets_fix_is_not_the_services",
        NOT_UPDATABLE="tests/cloud/test_task_sets.py::test_what_task_sets_fix_is_not_the_services",
        NOT_FOUND="tests/cloud/test_task_sets.py::test_what_task_sets_fix_is_not_the_services",
        SCALED="tests/cloud/test_task_sets.py::test_a_deployment_by_hand",
    ),
    _module(
        Area.SERVICES,
        express,
        "tests/cloud/test_express.py::test_wrong_requests_build_nothing",
        BOTH_DEFINITIONS="tests/cloud/test_express.py::test_a_task_definition_of_ones_own",
        UNFIT_DEFINITION="tests/cloud/test_express.py::test_a_task_definition_of_ones_own",
        ROLE="tests/cloud/test_express.py::test_what_the_role_may_not_do_fails",
        NOT_EXPRESS="tests/cloud/test_express.py::test_what_is_no_express_service",
        NOT_FOUND="tests/cloud/test_express.py::test_what_is_no_express_service",
    ),
    _module(
        Area.SERVICES,
        gateways,
        "tests/cloud/test_gateways.py::test_wrong_gateways_are_refused",
        ROLE="tests/cloud/test_gateways.py::test_wrong_gateways_are_refused",
        PROTECTED="tests/cloud/test_gateways.py::test_a_gateway_from_beginning_to_end",
        ASSOCIATED="tests/cloud/test_gateways.py::test_a_gateway_from_beginning_to_end",
        NOT_FOUND="tests/cloud/test_gateways.py::test_a_gateway_from_beginning_to_end",
        NO_ROUTE="tests/cloud/test_gateways.py::test_a_gateway_from_beginning_to_end",
        NO_ASSOCIATION="tests/cloud/test_gateways.py::test_associations",
        TOO_MANY="tests/cloud/test_gateways.py::test_associations",
        NO_GATEWAY="tests/cloud/test_gateways.py::test_wrong_connectors_are_refused",
        NO_PORT="tests/cloud/test_gateways.py::test_wrong_connectors_are_refused",
        ONE_CONNECTOR="tests/cloud/test_gateways.py::test_wrong_connectors_are_refused",
        BAD_DELAY="tests/cloud/test_gateways.py::test_wrong_connectors_are_refused",
    ),
    _module(
        Area.OPERATIONS,
        agent_answers,
        "tests/cloud/test_agent_reports.py::test_reports_about_nothing_are_refused",
    ),
)
"""Every module of texts; a new one belongs here too."""


def rows() -> tuple[Difference, ...]:
    """Return a row for every text of `SOURCES` that is not verified."""
    return tuple(row for source in SOURCES for row in _rows_of(source))


def _rows_of(source: Source) -> Iterator[Difference]:
    for name, value in source.texts.items():
        if not isinstance(value, Failure) or value.verified:
            continue
        text = value.message
        yield Difference(
            id=f"{source.name}-{name.lower().replace('_', '-')}",
            area=source.area,
            aws=f"The rule is documented, the words are not: {value.source.removeprefix('AWS: ')}.",
            here=text.replace("{{", "{").replace("}}", "}"),
            why="AWS publishes no wording; these words are ours or those of another emulator.",
            test=source.others.get(name, source.test),
        )
