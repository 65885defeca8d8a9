"""The wizard, by keys and by mouse."""

from __future__ import annotations

import asyncio

import pytest
from tui.driving import interface

from torc_core.errors import MachineError
from torc_core.spec import load_workflow
from torc_tui.screens.creating.create_dialog import CreateDialog
from torc_tui.screens.creating.form import Turn
from torc_tui.screens.creating.page import Page
from torc_tui.screens.creating.wizard import Wizard
from torc_tui.screens.dialogs.confirm import Confirm
from torc_tui.screens.main import MainScreen


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty directory in which the interface is started; with its own state."""
    place = tmp_path / "place"
    place.mkdir()
    monkeypatch.chdir(place)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return place


def is_wizard(ui):
    return isinstance(ui.screen, Wizard) and ui.screen.is_mounted


def field(ui):
    """The name of the field with the focus."""
    found = ui.screen.page.form.focused_field
    return found and found.name


async def open_wizard(ui):
    await ui.press("m")
    await ui.wait_for(lambda: is_wizard(ui) and field(ui) == "name")


async def add_job(ui, name, command, parameters=""):
    """Add a job in the second step, which begins with one; the list has the focus afterwards."""
    if field(ui) is None:
        await ui.press("a")
    for what, text in (("name", name), ("command", command), ("parameters", parameters)):
        await ui.wait_for(lambda what=what: field(ui) == what)
        await ui.type(text)
        await ui.press("enter")
    await ui.wait_for(lambda: field(ui) is None)


async def fill_in(ui, name="made"):
    """Go to the review of two jobs, of which the second waits for the three of the first."""
    await ui.type(name)
    await ui.press("ctrl+n")
    await ui.wait_for("step 2 of 7")
    await add_job(ui, "work_{i}", "echo {i}", "i: 1:3")
    await add_job(ui, "end", "true")
    await ui.press("ctrl+n")
    await ui.wait_for("step 3 of 7")
    await ui.press("enter")
    await ui.wait_for(lambda: field(ui) == "depends_on")
    await ui.press("space")
    await ui.wait_for("[x] work_{i}")
    await ui.press("enter")  # the next field, as everywhere
    await ui.wait_for(lambda: field(ui) is None)
    await ui.wait_for("[x] work_{i}")
    for step in (4, 5, 6, 7):
        await ui.press("ctrl+n")
        await ui.wait_for(f"step {step} of 7")
    await ui.wait_for("✓ complete: 4 jobs")
    await ui.wait_for("Execution plan")


async def choose(ui, text):
    """Turn the field with the focus until it shows a text."""
    for _ in range(8):
        if text in ui.seen():
            return
        await ui.press("right")
    pytest.fail(f"{text} is not among the values:\n{ui.seen()}")


async def test_by_keys_from_a_name_to_a_workflow_and_its_file(server, client, folder):
    async with interface(server.url) as ui:
        await open_wizard(ui)
        await fill_in(ui)
        await ui.press("tab", "shift+tab")
        await ui.wait_for(lambda: field(ui) == "goal")
        await choose(ui, "< create and initialize >")
        await ui.press("down")
        await choose(ui, "< KDL >")
        await ui.wait_for("made.kdl")
        await ui.press("ctrl+s")
        await ui.wait_for(lambda: isinstance(ui.screen, MainScreen))
        await ui.wait_for("[Jobs]")
        await ui.wait_for("○ 3 ready")
        workflow = ui.board.opened.workflow

    jobs = client.list_jobs(workflow.id).items
    assert [job.name for job in jobs] == ["work_1", "work_2", "work_3", "end"]
    written = load_workflow(folder / "made.kdl")
    assert written.name == workflow.name == "made"
    assert written.dependencies()[3] == (0, 1, 2)


async def test_the_dialog_for_files_leads_to_it_and_leaving_asks(server, folder):
    async with interface(server.url) as ui:
        await ui.press("n")
        await ui.wait_for(lambda: isinstance(ui.screen, CreateDialog))
        await ui.press("ctrl+n")
        await ui.wait_for(lambda: is_wizard(ui))
        await ui.press("escape")
        await ui.wait_for(lambda: isinstance(ui.screen, MainScreen))

        await open_wizard(ui)
        await ui.type("kept")
        await ui.press("escape")
        await ui.wait_for(lambda: isinstance(ui.screen, Confirm))
        await ui.press("n")
        await ui.wait_for(lambda: is_wizard(ui))
        assert ui.screen.state.draft.name == "kept"
        await ui.press("ctrl+q")
        await ui.wait_for("Quit, and lose what you typed")
        await ui.press("n")
        await ui.wait_for(lambda: is_wizard(ui))
        await ui.press("escape", "y")
        await ui.wait_for(lambda: isinstance(ui.screen, MainScreen))


async def test_a_file_that_is_there_is_replaced_only_by_a_yes(server, client, folder):
    (folder / "made.yaml").write_text("mine")
    before = client.list_workflows().total_count
    async with interface(server.url) as ui:
        await open_wizard(ui)
        await fill_in(ui)
        await choose(ui, "< only write the file >")
        await ui.press("ctrl+s")
        await ui.wait_for("Replace made.yaml?")
        await ui.press("n")
        await ui.wait_for(lambda: is_wizard(ui))
        assert (folder / "made.yaml").read_text() == "mine"
        assert len(ui.screen.state.draft.jobs) == 2
        await ui.press("ctrl+s")
        await ui.wait_for("Replace made.yaml?")
        await ui.press("y")
        await ui.wait_for("Wrote made.yaml.")

    assert len(load_workflow(folder / "made.yaml").jobs) == 4
    assert client.list_workflows().total_count == before


async def test_a_run_that_the_review_asks_for_needs_no_second_yes(server, folder):
    async with interface(server.url) as ui:
        await open_wizard(ui)
        await fill_in(ui, "at once")
        await ui.press("ctrl+s")
        await ui.wait_for("in the background")
        await ui.wait_for("✓ 4 completed")


async def test_what_the_server_refuses_is_kept(folder):
    def connect():
        raise MachineError("There is no server.")

    async with interface("", connect=connect) as ui:
        await open_wizard(ui)
        await fill_in(ui)
        await ui.press("ctrl+s")
        await ui.wait_for("There is no server.")
        assert is_wizard(ui)
        assert len(ui.screen.state.draft.jobs) == 2


async def test_what_is_not_complete_leads_to_the_field_that_lacks_something(server, folder):
    async with interface(server.url, (60, 15)) as ui:
        await open_wizard(ui)
        await ui.type("w")
        await ui.press("ctrl+n")
        await add_job(ui, "only", "")
        await ui.press("ctrl+b", "ctrl+s")
        await ui.wait_for(lambda: field(ui) == "command")
        await ui.wait_for("Run by bash")
        await ui.type("true")
        await ui.wait_for("✓ complete: 1 job")


async def test_entries_are_changed_and_deleted_one_by_one(server, folder):
    async with interface(server.url, (160, 48)) as ui:
        await open_wizard(ui)
        await ui.press("ctrl+n")
        await add_job(ui, "first", "true")
        await add_job(ui, "second", "false")
        await ui.press("up")
        await ui.wait_for("> ✗ first" if "✗ first" in ui.seen() else "> first")
        await ui.press("enter")
        await ui.wait_for(lambda: field(ui) == "name")
        await ui.type("_one")
        await ui.press("escape", "down")
        await ui.wait_for(lambda: ui.screen.state.index == 1)
        assert [job.name for job in ui.screen.state.draft.jobs] == ["first_one", "second"]
        await ui.press("d")
        await ui.wait_for("Delete Jobs, second?")
        await ui.press("y")
        await ui.wait_for(lambda: is_wizard(ui) and len(ui.screen.state.draft.jobs) == 1)


async def test_a_long_command_shows_its_beginning_while_one_is_elsewhere(server, folder):
    async with interface(server.url) as ui:
        await open_wizard(ui)
        await ui.press("ctrl+n")
        await add_job(ui, "long", f"begin {'x' * 60} end")
        await ui.wait_for("Command      begin xxx")
        await ui.press("enter", "down")
        await ui.wait_for("xxx end")
        await ui.type("ed")
        await ui.press("tab")
        await ui.wait_for("Command      begin xxx")


async def test_by_mouse(server, folder):
    async with interface(server.url) as ui:
        await open_wizard(ui)
        await ui.press("ctrl+n")
        await add_job(ui, "clicked", "true")
        x = ui.seen().splitlines()[1].index("Resources")
        await ui.pilot.click(offset=(x, 1))
        await ui.wait_for("step 4 of 7")
        (turn,) = (each for each in ui.screen.query(Turn) if each.region)
        await ui.pilot.click(turn)
        await ui.wait_for("< small: 1 CPU")
        await ui.wait_for(lambda: ui.screen.state.draft.jobs[0].preset == "small")


async def test_a_page_is_put_together_when_it_is_gone_to_first(folder):
    async with interface("http://127.0.0.1:9") as ui:
        await open_wizard(ui)
        assert [page.id for page in ui.screen.query(Page)] == ["basics"]
        await ui.press("ctrl+n")
        await ui.press("ctrl+b")
        assert [page.id for page in ui.screen.query(Page)] == ["basics", "jobs"]
        assert field(ui) == "name"


@pytest.mark.parametrize("rounds", [0, 4, 8, 16, 32])
async def test_the_interface_may_end_while_the_wizard_is_put_together(folder, rounds):
    async with interface("http://127.0.0.1:9") as ui:
        ui.app.push_screen(Wizard(ui.board.requests, None))
        for _ in range(rounds):  # of the event loop, in which it goes a step further
            await asyncio.sleep(0)
