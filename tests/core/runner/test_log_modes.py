"""Logs are for their owner alone, unless they are to be shared."""

from __future__ import annotations

import os
import stat

import pytest

from torc_core.config.sources import load_client
from torc_core.model.action import WorkflowAction
from torc_core.operations.run_options import runner_options


@pytest.fixture(autouse=True)
def usual_umask():
    before = os.umask(0o022)
    yield
    os.umask(before)


def run_everything(make_flow, **options):
    """Run a workflow that makes every kind of file, and return the mode of each."""
    flow = make_flow(resource_monitor_config='{"granularity": "time_series"}')
    flow.client.create_workflow_action(
        WorkflowAction(
            workflow_id=flow.id,
            trigger_type="on_workflow_start",
            action_type="run_commands",
            action_config={"commands": ["true"]},
        )
    )
    flow.add("echo hello; umask", name="a")
    flow.add("x" * 200_000, name="too long to be started")
    flow.run(**options)
    return flow, {
        str(path.relative_to(flow.output_dir.parent)): stat.S_IMODE(path.stat().st_mode)
        for path in [flow.output_dir, *flow.output_dir.rglob("*")]
    }


def kinds(modes):
    return {path.rpartition(".")[2] if "." in path else path for path in modes}


EVERY_KIND = {"out", "out/job_stdio", "out/resource_utilization", "o", "e", "log", "db"}


@pytest.mark.parametrize(("options", "file"), [({}, 0o600), ({"share_logs": True}, 0o644)])
def test_logs_are_private_unless_they_are_shared(make_flow, options, file):
    flow, modes = run_everything(make_flow, **options)

    assert kinds(modes) == EVERY_KIND
    for path, mode in modes.items():
        is_directory = (flow.output_dir.parent / path).is_dir()
        assert mode == (file | (file & 0o444) >> 2 if is_directory else file), path


def test_files_that_jobs_make_have_the_modes_that_they_give_them(make_flow):
    flow, _ = run_everything(make_flow)
    job = next(job for job in flow.client.list_jobs(flow.id).items if job.name == "a")

    assert flow.stdio(job.id) == "hello\n0022\n"


def test_a_directory_of_the_user_stays_as_it_is(make_flow, tmp_path):
    (tmp_path / "out").mkdir(mode=0o755)
    (tmp_path / "out").chmod(0o775)
    _, modes = run_everything(make_flow)

    assert modes["out"] == 0o775
    assert modes["out/job_stdio"] == 0o700


def test_a_directory_made_for_logs_has_private_parents(make_flow, tmp_path):
    flow = make_flow()
    flow.output_dir = tmp_path / "a" / "b"
    flow.add("true")
    flow.run()

    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "a" / "b").stat().st_mode) == 0o700


@pytest.mark.parametrize(("value", "is_shared"), [("true", True), ("false", False), (None, False)])
def test_the_setting_reaches_the_runner(value, is_shared, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    if value is not None:
        (tmp_path / "torc.toml").write_text(f"[client.run]\nshare_logs = {value}\n")

    assert runner_options(load_client({})).share_logs is is_shared
