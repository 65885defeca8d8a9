"""Two servers on one PostgreSQL database; `many_servers.py` tries as many jobs as it is told."""

from __future__ import annotations

from reliability.many_servers import try_servers


def test_two_servers_give_no_job_twice_while_their_connections_break(postgres, tmp_path):
    report = try_servers(postgres, tmp_path, jobs=2_000, broken=10)
    assert report.problems == []
    assert report.broken
