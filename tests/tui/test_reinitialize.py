"""`I` runs again what changed or did not complete, after a look at what that is."""

from __future__ import annotations

import pytest
from operations.situations import Stage
from tui.driving import interface

from torc_core.model.status import JobStatus


@pytest.fixture
def stage(client, request):
    """A workflow of which one job is complete and one is canceled."""
    stage = Stage(client, request.node.name[-20:])
    stage.running()
    stage.complete_job(stage.job, JobStatus.COMPLETED, 0)
    client.manage_status_change(stage.second, JobStatus.CANCELED, 1)
    yield stage
    client.delete_workflow(stage.id)


def statuses(stage):
    return [job.status for job in stage.client.list_jobs(stage.id).items]


async def test_what_would_run_again_is_shown_before_anything_changes(server, stage):
    async with interface(server.url) as ui:
        await ui.wait_for(stage.name)
        await ui.press("I")
        await ui.wait_for(f"Reinitialize #{stage.id} {stage.name}? 1 job will run again.")
        await ui.wait_for("b: it was canceled")
        await ui.wait_for("1 job stays as before.")
        await ui.press("n")
        await ui.wait_for(lambda: ui.screen is ui.board)
        assert statuses(stage) == ["completed", "canceled"]

        await ui.press("I")
        await ui.wait_for("1 job will run again.")
        await ui.press("y")
        await ui.wait_for(f"Reset 1 job of #{stage.id} {stage.name} for run 2: 1 job ready")
    assert statuses(stage) == ["completed", "ready"]


async def test_nothing_is_asked_where_nothing_has_changed(server, stage):
    stage.client.delete_job(stage.second)
    async with interface(server.url) as ui:
        await ui.wait_for(stage.name)
        await ui.press("I")
        await ui.wait_for(f"No job of #{stage.id} {stage.name} has to run again")

    assert stage.client.get_workflow_status(stage.id).run_id == 1
