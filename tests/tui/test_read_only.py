"""An interface that changes nothing, and workflows of others."""

from __future__ import annotations

import pytest
from tui.driving import interface

from torc_core.config.schema import ClientSettings
from torc_core.config.tui import TuiSettings
from torc_core.errors import UsageError
from torc_core.model.job import Job
from torc_core.model.workflow import Workflow
from torc_core.operations.runs.clear import propose_clear
from torc_tui.keys.action import Scope
from torc_tui.keys.table import ACTIONS
from torc_tui.screens.actions.performing import carry_out_here

READS_ONLY = {
    *("job.logs", "job.merged_logs", "job.why"),
    *("workflow.failures", "workflow.plan_recovery"),
}


def test_every_key_for_workflows_and_jobs_changes_something_unless_it_is_said_to_read():
    of_panes = {action.id for action in ACTIONS if action.scope is Scope.PANE}

    assert {a.id for a in ACTIONS if a.id in of_panes and not a.is_change} == READS_ONLY


async def test_a_read_only_interface_hides_and_refuses_what_changes_something(
    server, client, make_workflow
):
    number = make_workflow("guarded")
    configured = ClientSettings(tui=TuiSettings(readonly=True))
    async with interface(server.url, configured=configured) as ui:
        await ui.wait_for("read-only")
        await ui.open("guarded")
        await ui.wait_for("l logs")
        assert "C cancel" not in ui.seen()
        for key in ("C", "d", "i", "c"):
            await ui.press(key)
            await ui.wait_for(f"{key} is refused: the interface is read-only.")
        await ui.press("K")
        await ui.wait_for("K is refused")
        await ui.press("l")
        await ui.wait_for("stdout")
        await ui.press("q")
        requests = ui.board.requests
        with pytest.raises(UsageError, match="read-only"):
            await carry_out_here(
                ui.app, requests, lambda: propose_clear(None), ui.board.message.show_text
            )
    assert not client.get_workflow_status(number).is_canceled


@pytest.mark.parametrize("option", ["--readonly", "--read-only"])
def test_an_option_makes_it_read_only(start_tui, server, option):
    screen = start_tui(server.url, options=[option])

    screen.wait_for("Workflows", "read-only")


async def test_a_workflow_of_others_is_changed_only_once_that_was_asked(make_server):
    own = make_server()
    client = own.client()
    number = client.create_workflow(Workflow(name="theirs", user="bob")).id
    client.create_jobs([Job(workflow_id=number, name="j", command="true")])
    async with interface(own.url) as ui:
        await ui.wait_for("no workflows")
        await ui.press("a")
        await ui.wait_for("theirs")
        await ui.wait_for("read-only")
        await ui.press("i")
        await ui.wait_for("of bob?")
        await ui.press("n")
        await ui.wait_for(lambda: "of bob?" not in ui.seen())
        await ui.press("i")
        await ui.wait_for("of bob?")
        await ui.press("y")
        await ui.wait_for("Initialize")
        await ui.press("y")
        await ui.wait_for(lambda: client.get_workflow_status(number).run_id == 1)
        await ui.wait_for(lambda: "read-only" not in ui.seen())
        await ui.press("C")
        await ui.wait_for("Cancel WORKFLOW #1 theirs?")
