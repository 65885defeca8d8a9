"""Recovering a workflow from the interface: runs that really failed, on this machine."""

from __future__ import annotations

import pytest
from tui.driving import interface
from tui.runs_here import ENDLESS, FALLS, create, run

from torc_core.host.runs import RunState, list_runs
from torc_core.model.records.recovery import Recovery, RecoveryKind
from torc_tui.screens.dialogs.confirm import Confirm
from torc_tui.screens.dialogs.reader import Reader

SIZES = [(80, 24), (160, 48)]


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Work in a directory of the test's own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


async def newest_without_runner(ui, client):
    """Return the workflow that was made last, once its runner has left."""
    workflow = client.list_workflows(sort_by="id", reverse_sort=True).items[0]
    await ui.wait_for(lambda: not client.list_compute_nodes(workflow.id, is_active=True).items)
    return workflow


@pytest.mark.parametrize("size", SIZES)
async def test_what_failed_is_explained_recovered_and_complete(server, client, here, size):
    async with interface(server.url, size) as ui:
        await run(ui, here, FALLS)
        await ui.wait_for("✗ 2 failed")
        await ui.wait_for("v plan  V recover")
        workflow = await newest_without_runner(ui, client)

        await ui.press("v")
        await ui.wait_for(f"Recovery plan of #{workflow.id} falls")
        await ui.wait_for("2 jobs did not end well: 1 to be retried, 1 to be left alone.")
        await ui.wait_for("Out of memory  1 job")
        await ui.wait_for("retried     1 job: big (")
        await ui.wait_for("memory      50m → 75m")
        await ui.wait_for("also        2 other unfinished jobs share the requirements 'small'")
        await ui.wait_for("not retried 1 job: bug (")
        await ui.wait_for("Nothing has been changed.")
        assert client.get_workflow_status(workflow.id).run_id == 1
        assert client.list_recoveries(workflow.id).items == []

        await ui.press("q", "V")
        await ui.wait_for("unknown cause; Y")
        await ui.press("n")
        await ui.wait_for("Nothing was recovered.")
        await ui.press("V")
        await ui.wait_for(f"Recover #{workflow.id} falls?")
        await ui.press("y")
        await ui.wait_for(f"Recovered #{workflow.id} falls (1 OOM, 0 timeout, 1 not retried)")
        await ui.wait_for("✓ 2 completed  ✗ 1 failed")
        await ui.press("e")
        await ui.wait_for("[Events]")
        await ui.wait_for("recovery_ended")
        await ui.wait_for("Recovery 1 of run 1: done (recover)")
        await ui.press("pagedown")
        await ui.press("pagedown")
        await ui.wait_for("Recovery 1 of run 1 began (recover).")
        await ui.wait_for("Chosen jobs were reset: 1.")

        await ui.press("V")
        await ui.wait_for("1 job not retried. v shows why.")
        await ui.press("v")
        await ui.wait_for("1 job did not end well: 0 to be retried, 1 to be left alone.")
        assert "torc " not in ui.seen()
        await ui.press("q")

    assert {run.state for run in list_runs()} == {RunState.ENDED}


@pytest.mark.parametrize("key", ["v", "V"])
async def test_a_workflow_that_runs_is_not_recovered_and_says_what_of_it_is_active(
    server, client, here, key
):
    async with interface(server.url) as ui:
        await run(ui, here, ENDLESS)
        await ui.wait_for("▶ 1 running")
        await ui.press(key)
        await ui.wait_for(lambda: isinstance(ui.screen, Reader))
        await ui.wait_for("is still active: 1 active job; 1 worker (")
        await ui.wait_for("Wait until it has ended. To recover it as soon as it has: press W")
        await ui.press("q", "C")
        await ui.wait_for(lambda: isinstance(ui.screen, Confirm))
        await ui.press("y")
        await ui.wait_for("- 1 canceled")


async def test_of_what_has_not_failed_there_is_nothing_to_recover(server, here):
    async with interface(server.url) as ui:
        await create(ui, here, "name: fresh\njobs: [{name: a, command: 'true'}]\n")
        await ui.press("n")
        await ui.press("v")
        await ui.wait_for("has not been started, so there is nothing to recover")
        await ui.press("q", "x")
        await ui.wait_for(lambda: isinstance(ui.screen, Confirm))
        await ui.press("y")
        await ui.wait_for("✓ 1 completed")
        assert "V recover" not in ui.seen().splitlines()[1]
        for key, what in (("v", "recover"), ("V", "recover"), ("W", "watch")):
            await ui.press(key)
            await ui.wait_for(f"is complete without failures: there is nothing to {what}.")


async def test_of_two_that_recover_one_does(server, client, here):
    async with interface(server.url) as ui:
        await run(ui, here, FALLS)
        await ui.wait_for("✗ 2 failed")
        await ui.press("V")
        await ui.wait_for("y yes")
        number = client.list_workflows(sort_by="id", reverse_sort=True).items[0].id
        client.create_recovery(
            Recovery(
                workflow_id=number,
                kind=RecoveryKind.RECOVER,
                run_id=1,
                number=1,
                plan={},
                holder="another",
            )
        )
        await ui.press("y")
        await ui.wait_for("is being recovered already")
    assert client.get_workflow_status(number).run_id == 1
