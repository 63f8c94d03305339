"""Files of containers: what may be written where.

AWS: botocore ecs ContainerDefinition.readonlyRootFilesystem, .mountPoints; bind-mounts.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ecslab.model.capabilities import ALL, DEFAULT, capabilities, may_bind
from ecslab.model.file_system import DENIED, READ_ONLY, FileSystem, Mount, is_root

PARTS = st.lists(st.sampled_from(["a", "b", "tmp", "app", "data"]), min_size=1, max_size=3)
PATHS = PARTS.map(lambda parts: "/" + "/".join(parts))


@given(path=PATHS, user=st.sampled_from(["root", "0", "0:0", "app", "1000:1000", ""]))
def test_nothing_on_a_read_only_root_without_mounts_can_be_written(path: str, user: str) -> None:
    """AWS: readonlyRootFilesystem."""
    assert FileSystem(read_only_root=True).refusal(path, user) == READ_ONLY


@given(path=PATHS, text=st.text(max_size=5))
def test_what_is_written_is_read_until_it_is_removed(path: str, text: str) -> None:
    files = FileSystem(mounts=(Mount("/data", {}),))
    files.write(path, text)
    assert files.read(path) == text
    folder, _, name = path.rpartition("/")
    assert name in (files.names_in(folder or "/") or [])
    files.remove(path)
    assert files.read(path) is None


def test_the_nearest_mount_decides() -> None:
    """mount(2): a mount hides what lies below it."""
    files = FileSystem(
        read_only_root=True,
        mounts=(Mount("/data", {}, read_only=True), Mount("/data/open", {}, everybodys=True)),
    )
    assert files.refusal("/data/x", "root") == READ_ONLY
    assert files.refusal("/data/open/x", "app") is None
    assert files.refusal("/database", "root") == READ_ONLY


def test_users_write_where_they_may() -> None:
    files = FileSystem(owner="app", owned=("/app/state",))
    assert files.refusal("/app/state/x", "app:app") is None
    assert files.refusal("/app/state/x", "1000:1000") is None
    assert files.refusal("/app/state/x", "1001") == DENIED
    assert files.refusal("/app/other", "app") == DENIED
    assert files.refusal("/home/app/x", "app") is None
    assert files.refusal("/proc/1/x", "root") == DENIED


def test_two_containers_share_a_volume_by_sharing_its_files() -> None:
    """AWS: bind-mounts."""
    shared: dict[str, str] = {}
    one, two = FileSystem(mounts=(Mount("/a", shared),)), FileSystem(mounts=(Mount("/b", shared),))
    one.write("/a/f", "x")
    assert two.read("/b/f") == "x"
    assert two.names_in("/b") == ["f"]


def test_the_capabilities_of_a_process() -> None:
    """Docker: capabilities are added to, and dropped from, the default set; AWS: privileged."""

    def held(user: str = "root", **asked: list[str]) -> frozenset[str]:
        return capabilities({"linuxParameters": {"capabilities": asked}}, user)

    assert held() == DEFAULT
    assert held(add=["SYS_PTRACE"]) == DEFAULT | {"SYS_PTRACE"}
    assert held(drop=["ALL"]) == frozenset()
    assert held(drop=["ALL"], add=["CHOWN"]) == {"CHOWN"}
    assert held(add=["ALL"]) == ALL
    assert held("app", add=["ALL"]) == frozenset()
    assert capabilities({"privileged": True}, "root") == ALL
    assert is_root("0:5")
    assert not is_root("10")


@given(port=st.integers(1, 65535))
def test_a_bridge_network_lets_everybody_bind(port: int) -> None:
    """Docker 20.10 sets ip_unprivileged_port_start to 0 in containers' own networks."""
    assert may_bind({}, "app", port, "bridge")
    assert may_bind({}, "app", port, "awsvpc") is (port >= 1024)
    assert may_bind({}, "app", port, "host") is (port >= 1024)
