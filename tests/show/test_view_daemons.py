"""`cloud.view()` of an account with managed daemons."""

from __future__ import annotations

from agents import open_agents
from managed import open_managed
from pictures import alt, parsed, words
from shops import Shop


def test_daemons_stand_beside_services(shop: Shop) -> None:
    """Of botocore ecs: DaemonDetail.status, totalRunningCount; DaemonDeployment.status."""
    agents = open_agents(open_managed(shop))
    agents.create()
    agents.serve(2)
    view = shop.cloud.view()
    (daemon,) = view.clusters[0].daemons
    [current] = agents.detail()["currentRevisions"]
    assert (daemon.name, daemon.instances) == ("agent", len(agents.instances()))
    assert daemon.running == current["totalRunningCount"] == 2
    text = str(view)
    assert "1 service, 1 daemon, 2 container instances" in text
    assert "  daemon agent (ACTIVE): 2 running, 2 instances\n" in text
    assert "    agent:1              SUCCESSFUL\n" in text
    root = parsed(view)
    assert "2 running, 2 instances" in words(root)
    assert "Daemon agent: 2 running, 2 instances." in alt(root)
    agents.ecs.delete_daemon(daemonArn=agents.daemon)
    assert "daemon agent (DELETE_IN_PROGRESS)" in str(shop.cloud.view())
    parsed(shop.cloud.view())
