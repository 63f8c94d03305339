"""What user data tells the agent. AWS: bootstrap_container_instance; amazon-ecs-agent README."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecslab.model.agent_configuration import read_user_data

SHELL = "#!/bin/bash\n"


@pytest.mark.parametrize(
    "script",
    [
        "echo ECS_CLUSTER=shop >> /etc/ecs/ecs.config",
        "echo ECS_CLUSTER=shop > /etc/ecs/ecs.config",
        "echo 'ECS_CLUSTER=shop' >> /etc/ecs/ecs.config",
        'echo "ECS_CLUSTER=shop" | sudo tee -a /etc/ecs/ecs.config',
        "echo ECS_CLUSTER=shop>>/etc/ecs/ecs.config",
        "printf 'ECS_CLUSTER=shop\\n' >> /etc/ecs/ecs.config",
        "cat <<'EOF' >> /etc/ecs/ecs.config\nECS_CLUSTER=shop\nECS_LOGLEVEL=debug\nEOF",
        "cat << EOF > /etc/ecs/ecs.config\nECS_CLUSTER=shop\nEOF\necho done",
        "tee /etc/ecs/ecs.config <<EOF\nECS_CLUSTER=shop\nEOF",
        "echo ECS_CLUSTER=old >> /etc/ecs/ecs.config\necho ECS_CLUSTER=shop >> /etc/ecs/ecs.config",
    ],
)
def test_ways_to_name_the_cluster(script: str) -> None:
    """Each is a usual way of writing the file in a shell script."""
    found = read_user_data(SHELL + script)
    assert found.written
    assert found.cluster == "shop"


@pytest.mark.parametrize(
    ("script", "written", "cluster"),
    [
        ("", False, "default"),
        ("echo ECS_CLUSTER=shop >> /etc/ecs/ecs.config", False, "default"),
        (SHELL + "echo hello", False, "default"),
        (SHELL + "# echo ECS_CLUSTER=shop >> /etc/ecs/ecs.config", False, "default"),
        (SHELL + "echo ECS_CLUSTER=shop >> /etc/ecs/config", False, "default"),
        (SHELL + "echo ECS_BACKEND_HOST= >> /etc/ecs/ecs.config", True, "default"),
        (
            SHELL + "echo ECS_CLUSTER=shop >> /etc/ecs/ecs.config\n"
            "echo ECS_LOGLEVEL=info > /etc/ecs/ecs.config",
            True,
            "default",
        ),
    ],
)
def test_what_leaves_the_default_cluster(script: str, written: bool, cluster: str) -> None:  # noqa: FBT001
    """EC2 runs no script without `#!`; `>` replaces the file; the default cluster is `default`."""
    found = read_user_data(script)
    assert (found.written, found.cluster) == (written, cluster)


def test_the_other_variables() -> None:
    """AWS: amazon-ecs-agent README: the variables that change what an instance offers."""
    found = read_user_data(
        SHELL
        + "cat <<'EOF' >> /etc/ecs/ecs.config\n"
        + 'ECS_INSTANCE_ATTRIBUTES={"stack": "prod"}\n'
        + "ECS_RESERVED_MEMORY=256\n"
        + "ECS_RESERVED_PORTS=[22, 9100]\n"
        + "ECS_CONTAINER_STOP_TIMEOUT=2m\n"
        + 'ECS_AVAILABLE_LOGGING_DRIVERS=["awslogs"]\n'
        + "EOF\n"
    )
    assert found.attributes == {"stack": "prod"}
    assert found.reserved_memory == 256
    assert found.reserved_ports == [22, 9100]
    assert found.stop_timeout == 120
    assert found.log_drivers == ["awslogs"]


def test_broken_values_count_as_unset() -> None:
    """The agent warns of a value that it can't read, and goes on without it."""
    found = read_user_data(
        SHELL + "echo ECS_INSTANCE_ATTRIBUTES={nonsense >> /etc/ecs/ecs.config\n"
        "echo ECS_RESERVED_MEMORY=lots >> /etc/ecs/ecs.config"
    )
    assert found.written
    assert found.attributes == {}
    assert found.reserved_memory == 0
    assert found.stop_timeout is None


@given(st.text(alphabet="#!/bin/bash ECS_CLUSTER=>|'\"\n<ecs.config/teo-a", max_size=120))
def test_any_user_data_is_read(text: str) -> None:
    """Invariant: no user data makes the reader fail."""
    assert read_user_data(SHELL + text).cluster
