"""The screen of failures: groups of one cause, their logs, and what is done about them."""

from __future__ import annotations

import pytest
from tui.driving import interface
from tui.runs_here import run

from torc_core.client import TorcClient
from torc_core.diagnosis.signatures import Signature
from torc_core.operations.repair.failures import NOT_WRITTEN, FailedJob, FailureGroup, Need
from torc_tui.screens.logs.screen import LogScreen
from torc_tui.screens.repair.failures import FailuresScreen
from torc_tui.state.repair.failures_text import group_text

BREAKS = """
name: breaks
parameters: {i: "1:6"}
resource_requirements:
  - {name: small, num_cpus: 1, memory: 50m, runtime: PT5M}
jobs:
  - name: "row_{i}"
    command: "seq {i}00; echo \\"KeyError: 'lat' in row {i}7\\" >&2; [ -e mended ]"
    resource_requirements: small
    use_parameters: [i]
  - {name: big, command: "exit 137", resource_requirements: small}
  - {name: fine, command: "true", resource_requirements: small}
  - {name: after, command: "true", depends_on: [big], resource_requirements: small}
"""


def test_the_code_of_a_job_without_its_output_is_not_that_of_its_command():
    job = FailedJob(
        job_id=1, name="j", kind=NOT_WRITTEN, need=Need.LOOK, needs_log=True, run_id=1,
        attempt_id=1, return_code=1, seconds=2.0, peak_memory_bytes=None, memory_bytes=None,
        node_id=None,
    )  # fmt: skip

    def said(kind: str) -> str:
        group = FailureGroup(signature=Signature(kind), need=Need.LOOK, jobs=(job,))
        return "".join(cell.text for line in group_text(group, 80, 9) for cell in line)

    assert "try 1  exit 1  2.0s" in said("exit code 1")
    assert "try 1  2.0s" in said(NOT_WRITTEN)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Work in a directory of the test's own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("size", [(80, 24), (160, 48)])
async def test_failures_are_grouped_and_lead_to_logs_and_jobs(server, here, size):
    async with interface(server.url, size) as ui:
        await run(ui, here, BREAKS)
        await ui.wait_for("✗ 7 failed")
        await ui.press("F")
        await ui.wait_for(lambda: isinstance(ui.screen, FailuresScreen))
        await ui.wait_for("7 failed jobs in 2 groups.")
        await ui.wait_for("KeyError: 'lat' in row <n>")
        await ui.wait_for("6 jobs, all on one node: exit code 1")
        await ui.wait_for("KeyError: 'lat' in row 17")
        await ui.press("l")
        await ui.wait_for(lambda: isinstance(ui.screen, LogScreen))
        await ui.wait_for("first error: Python exception")
        await ui.press("q", "j")
        await ui.wait_for("killed, likely for its memory ──")
        await ui.wait_for("V gives them what they lacked")
        await ui.press("k", "enter")
        await ui.wait_for("only: exit code 1")
        await ui.wait_for("row_6")
        assert "exit 137" not in ui.seen()
        await ui.press("escape")
        await ui.wait_for("exit 137")


async def test_a_group_is_retried_as_it_is(server, here):
    async with interface(server.url) as ui:
        await run(ui, here, BREAKS)
        await ui.wait_for("✗ 7 failed")
        workflow = ui.board.opened.workflow
        await ui.press("F")
        await ui.wait_for("7 failed jobs in 2 groups.")
        (here / "mended").touch()
        await ui.press("y")
        await ui.wait_for("Retry 6 jobs?")
        await ui.press("y")
        await ui.wait_for("1 failed job in 1 group.")
        counts = TorcClient(server.url).get_workflow_status(workflow.id).jobs_by_status
        assert counts["ready"] == 6
        await ui.press("q")
        await ui.wait_for("[Jobs]")


GOES_ON = """
name: goes_on
jobs:
  - {name: first, command: "exit 3"}
  - {name: second, command: "until [ -e go ]; do sleep 0.1; done; exit 4"}
"""


async def test_what_fails_while_one_looks_is_added(server, here):
    async with interface(server.url) as ui:
        await run(ui, here, GOES_ON)
        await ui.wait_for("✗ 1 failed")
        await ui.press("F")
        await ui.wait_for("1 failed job in 1 group.")
        await ui.wait_for("exit code 3")
        (here / "go").touch()
        await ui.wait_for("2 failed jobs in 2 groups.")
        await ui.wait_for("exit code 4")


async def test_a_workflow_without_failures_says_so(server, make_workflow):
    make_workflow("spotless")
    async with interface(server.url) as ui:
        await ui.open("spotless")
        await ui.press("F")
        await ui.wait_for("No job failed.")
        for key in ("l", "y", "enter"):
            await ui.press(key)
            await ui.wait_for("No job failed, so there is nothing to do here.")
        await ui.press("escape")
        await ui.wait_for("[Jobs]")
