"""`torc events monitor` with a server of the reference, which is restarted meanwhile."""

from __future__ import annotations

from cli.monitor import Monitor

from torc_core.model.workflow import Workflow


def test_a_monitor_says_what_it_cannot_show(replaceable, tmp_path):
    server = replaceable(False)
    client = server.client()
    workflow = client.create_workflow(Workflow(name="followed", user="tester")).id
    monitor = Monitor(server.url, "events", "monitor", workflow, "-p", 0.1, cwd=tmp_path)
    try:
        assert "job_failed" in monitor.first(client, workflow, type="job_failed")
        replaceable(False)
        assert "reconnecting" in monitor.process.stderr.readline()
        said = monitor.process.stderr.readline()
        assert "does not number its events" in said
        assert f"torc events list {workflow}" in said
        assert "job_failed" in monitor.first(client, workflow, type="job_failed")
    finally:
        monitor.end()
        client.close()


def test_a_workflow_that_does_not_exist_is_not_followed(torc):
    ended = torc("events", "monitor", 987654)

    assert (ended.code, ended.out) == (4, "")
    assert ended.err.startswith("error: There is no workflow 987654.")
