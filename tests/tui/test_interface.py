"""The interface against a real server: what keys do, and what follows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tui.driving import interface

from torc_core.errors import MachineError
from torc_core.host.connect import Connection
from torc_core.host.embedded_server import running_server, stop_server
from torc_core.host.runs import RunState, list_runs
from torc_core.model.artifact import File
from torc_core.model.job import Job
from torc_core.model.status import JobStatus
from torc_core.model.workflow import Workflow
from torc_tui.keys.action import Scope
from torc_tui.keys.table import in_scope
from torc_tui.screens.dialogs.confirm import Confirm, ConfirmByName
from torc_tui.screens.dialogs.reader import Reader
from torc_tui.screens.logs.screen import LogScreen
from torc_tui.screens.main import MainScreen
from torc_tui.widgets.drawing_view import DrawingView
from torc_tui.widgets.line import Line
from torc_tui.widgets.log_lines import LogLines

MAIN_SCOPES = (Scope.SCREEN, Scope.PANE, Scope.LIST)

SPEC = """
name: from-file
jobs:
  - name: first
    command: echo hello; echo trouble >&2
  - name: second
    command: "true"
    depends_on: [first]
"""


async def test_jobs_are_filtered_and_sorted_over_all_rows(server, make_workflow):
    make_workflow("long", 3000)
    async with interface(server.url) as ui:
        await ui.open("long")
        await ui.wait_for("job_5 ")
        await ui.press("f")
        await ui.type("job_299")
        await ui.press("enter")
        await ui.wait_for("name: job_299")
        await ui.wait_for("11 jobs")
        await ui.press("1", "1")
        await ui.wait_for("job_2999")
        await ui.press("escape")
        await ui.wait_for("3,000 jobs")


async def test_a_status_is_filtered_by_its_beginning_and_a_wrong_one_changes_nothing(
    server, client, make_workflow
):
    number = make_workflow("filtered", 4)
    job = client.list_jobs(number).items[2]
    client.manage_status_change(job.id, JobStatus.CANCELED, 0)
    async with interface(server.url) as ui:
        await ui.open("filtered")
        await ui.wait_for("job_3")
        for text, said in (
            ("job_2", "Status cannot be job_2: try ready, running or failed"),
            ("c", "Status cannot be c: completed or canceled?"),
        ):
            await ui.press("f", "tab")
            await ui.type(text)
            await ui.press("enter")
            await ui.wait_for(said)
            await ui.wait_for("job_3")
        await ui.press("f", "tab")
        await ui.type("canc")
        await ui.press("enter")
        await ui.wait_for(lambda: "job_2" in ui.seen() and "job_3" not in ui.seen())


async def test_a_query_that_the_server_refuses_leaves_the_rows_of_the_last_one(
    server, make_workflow
):
    make_workflow("refused")
    async with interface(server.url) as ui:
        await ui.open("refused")
        await ui.press("tab", "tab")
        await ui.press("tab", "f", "tab")
        await ui.type("9" * 30)
        await ui.press("enter")
        await ui.wait_for("no results")
        assert ui.board.pane.table.query_state.filters == {}


async def test_tab_has_no_meaning_where_no_tabs_are_seen(server, make_workflow):
    make_workflow("narrow")
    async with interface(server.url) as ui:
        await ui.wait_for("narrow")
        assert "Tab" not in ui.seen()
        await ui.open("narrow")
        await ui.wait_for("Tab next tab")
        await ui.press("left", "tab", "right")
        await ui.wait_for("[Jobs]")


async def test_the_events_open_from_the_list(server, make_workflow):
    make_workflow("eventful")
    async with interface(server.url) as ui:
        await ui.wait_for("eventful")
        await ui.press("g", "e")
        await ui.wait_for("[Events]")
        assert ui.board.is_inside


async def test_the_cursor_of_the_list_stands_on_the_workflow_that_was_created(
    server, make_workflow, tmp_path
):
    for name in ("aaa", "zzz"):
        make_workflow(name)
    spec = tmp_path / "good.yaml"
    spec.write_text(SPEC)
    async with interface(server.url, (160, 48)) as ui:
        await ui.wait_for("zzz")
        await ui.press("2")
        await ui.wait_for("Name▲")
        await ui.press("n")
        await ui.type(str(spec))
        await ui.press("enter")
        await ui.wait_for(lambda: isinstance(ui.screen, Confirm))
        await ui.press("n")
        await ui.wait_for(lambda: ui.board.workflows.selected_workflow().name == "from-file")
        await ui.wait_for("from-file #")


async def test_every_row_of_a_long_list_can_be_reached(server, make_workflow):
    make_workflow("long", 3000)
    async with interface(server.url) as ui:
        await ui.open("long")
        await ui.wait_for("job_5 ")
        await ui.press("G")
        await ui.wait_for("> ")
        await ui.wait_for("job_2999")
        await ui.press("pageup", "pageup", "k")
        await ui.wait_for(lambda: re.search(r"> +\d+ +job_2968 ", ui.seen()))
        await ui.press("g")
        await ui.wait_for("job_0 ")


async def test_a_change_made_elsewhere_is_seen_without_a_key(server, client, make_workflow):
    number = make_workflow("watched", 5)
    async with interface(server.url) as ui:
        await ui.open("watched")
        await ui.wait_for("○ 5 ready")
        await ui.wait_for(lambda: ui.board.opened.feed.is_live)
        job = client.list_jobs(number).items[2]
        client.manage_status_change(job.id, JobStatus.CANCELED, 0)
        await ui.wait_for("- 1 canceled")
        await ui.wait_for("- canceled")


async def test_from_a_file_to_its_log(server, client, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    spec = tmp_path / "good.yaml"
    spec.write_text(SPEC)
    async with interface(server.url) as ui:
        await ui.press("n")
        await ui.type(str(spec))
        await ui.press("enter")
        await ui.wait_for(lambda: isinstance(ui.screen, Confirm))
        await ui.press("y")
        await ui.wait_for("✓ 2 completed")
        await ui.press("g", "l")
        await ui.wait_for(lambda: isinstance(ui.screen, LogScreen))
        await ui.wait_for("hello")
        await ui.press("tab")
        await ui.wait_for("trouble")
        await ui.press("q", "tab", "tab", "tab")
        await ui.wait_for("[Results]")
        await ui.wait_for("✓ completed")
        await ui.press("tab", "tab", "tab")
        await ui.wait_for("[DAG]")
        await ui.press("E")
        await ui.wait_for("✓C first ──✓C second")

    assert [run.state for run in list_runs()] == [RunState.ENDED]


FORK = """
name: fork
files:
  - {name: sheet, path: sheet.txt}
jobs:
  - {name: writer, command: "echo 1 > sheet.txt", output_files: [sheet]}
  - {name: reader, command: cat sheet.txt, input_files: [sheet]}
"""


async def test_the_graph_has_edges_through_files_before_a_run_and_is_current_after_it(
    server, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    spec = tmp_path / "fork.yaml"
    spec.write_text(FORK)
    async with interface(server.url, (160, 48)) as ui:
        await ui.press("n")
        await ui.type(str(spec))
        await ui.press("enter")
        await ui.wait_for(lambda: isinstance(ui.screen, Confirm))
        await ui.press("n")
        await ui.wait_for("Created #")
        await ui.press(*["shift+tab"] * 3)
        await ui.wait_for("← writer")
        await ui.press("E")
        await ui.wait_for("writer ──·U reader")
        await ui.wait_for("uninitialized")
        await ui.press("x")
        await ui.wait_for(lambda: isinstance(ui.screen, Confirm))
        await ui.press("y")
        await ui.wait_for("✓ 2 completed")
        await ui.wait_for("✓C writer ──✓C reader")
        await ui.wait_for(lambda: "uninitialized" not in ui.seen())


async def test_a_row_about_a_job_goes_with_the_cursor_before_it_is_there(server, client):
    number = client.create_workflow(Workflow(name="passing", user="tester")).id
    job = client.create_job(Job(workflow_id=number, name="passed", command="true"))
    async with interface(server.url, (120, 30)) as ui:
        await ui.open("passing")
        await ui.wait_for("── passed")
        await ui.stop_refreshing()
        preview = ui.board.opened.preview
        for is_asked in (False, True):
            preview.follow(job, None)
            if is_asked:
                preview._load(job, None)
            preview.clear()
            await ui.rest()
            await ui.wait_for(lambda: preview._timer is None and not ui.board.requests.is_busy)
            await ui.wait_for(lambda: "── passed" not in ui.seen())


async def test_the_graph_of_files_is_there_before_the_next_refresh(server, client):
    number = client.create_workflow(Workflow(name="links", user="tester")).id
    sheet = client.create_file(File(workflow_id=number, name="sheet", path="sheet.txt")).id
    client.create_job(
        Job(workflow_id=number, name="writer", command="true", output_file_ids=[sheet])
    )
    async with interface(server.url, (160, 48)) as ui:
        await ui.open("links")
        await ui.press(*["shift+tab"] * 3)
        await ui.wait_for("writer")
        ui.board.refresher.refresh_every(0)
        await ui.press("E", "E")
        await ui.wait_for("□ sheet")
        await ui.press("tab", "shift+tab")
        await ui.wait_for("□ sheet")


@pytest.mark.parametrize("key", ["n", "escape", "enter"])
async def test_a_question_is_answered_with_no_by_everything_but_y(
    server, client, make_workflow, key
):
    number = make_workflow("kept")
    async with interface(server.url) as ui:
        await ui.wait_for("kept")
        await ui.press("d")
        await ui.wait_for(f"Delete workflow #{number} kept?")
        await ui.wait_for("3 jobs")
        await ui.press(key)
        await ui.wait_for(lambda: ui.screen is ui.board)

    assert client.get_workflow(number).name == "kept"


async def test_a_large_workflow_is_deleted_by_its_name_only(server, client, make_workflow):
    number = make_workflow("large-one", 101)
    async with interface(server.url) as ui:
        await ui.wait_for("large-one")
        await ui.press("d")
        await ui.wait_for(lambda: isinstance(ui.screen, ConfirmByName))
        await ui.press("y", "enter")
        assert isinstance(ui.screen, ConfirmByName)
        await ui.press("backspace")
        await ui.type("large-one")
        await ui.press("enter")
        await ui.wait_for("Deleted workflow")
        await ui.wait_for(lambda: ui.board.workflows.table.window.find(number) is None)

    assert number not in {workflow.id for workflow in client.list_workflows().items}


async def test_marked_jobs_are_cancelled_together(server, client, make_workflow):
    number = make_workflow("marked", 6)
    async with interface(server.url) as ui:
        await ui.open("marked")
        await ui.wait_for("job_5")
        await ui.press("space", "space", "j", "space")
        await ui.wait_for("3 marked")
        await ui.press("c")
        await ui.wait_for("Cancel 3 jobs?")
        await ui.press("y")
        await ui.wait_for("- 3 canceled")

    statuses = [job.status for job in client.list_jobs(number).items]
    assert [status == JobStatus.CANCELED for status in statuses] == [
        True, True, False, True, False, False,
    ]  # fmt: skip


async def test_the_dialog_of_an_initialization_names_files_that_will_be_overwritten(
    server, client, make_workflow, tmp_path, monkeypatch
):
    number = make_workflow("outputs", 1)
    monkeypatch.chdir(tmp_path)
    _add_output(client, number, "result.txt")
    async with interface(server.url) as ui:
        await ui.wait_for("outputs")
        await ui.press("i")
        await ui.wait_for(f"Initialize #{number} outputs?")
        await ui.wait_for("will be overwritten")
        await ui.wait_for("result.txt")
        await ui.press("y")
        await ui.wait_for("run 1")

    assert client.get_workflow_status(number).run_id == 1


def _add_output(client, number, path):
    Path(path).write_text("old")
    file = client.create_file(File(workflow_id=number, name="out", path=path))
    client.create_job(
        Job(workflow_id=number, name="writer", command="true", output_file_ids=[file.id])
    )


async def test_a_server_that_vanishes_is_waited_for_and_no_key_fails(make_server):
    own = make_server()
    client = own.client()
    number = client.create_workflow(Workflow(name="lonely", user="tester")).id
    client.create_jobs([Job(workflow_id=number, name="only", command="true")])
    async with interface(own.url) as ui:
        await ui.open("lonely")
        await ui.wait_for("only")
        own.kill()
        await ui.press("r")
        await ui.wait_for("no answer")
        for action in in_scope(*MAIN_SCOPES):
            for key in action.keys.split(","):
                if action.id != "app.quit":
                    await ui.press(key)
                    await ui.press("escape")
        await ui.press("down", "up", "G", "g", "space")
        assert isinstance(ui.board, MainScreen)
        await ui.press("escape", "escape")
        own.start()
        await ui.press("r")
        await ui.wait_for(lambda: ui.board.requests.is_up)


@pytest.mark.parametrize("opened", [False, True], ids=["list", "workflow"])
async def test_what_was_said_of_a_silent_server_is_gone_when_it_answers_again(make_server, opened):
    own = make_server()
    own.client().create_workflow(Workflow(name="patient", user="tester"))
    async with interface(own.url) as ui:
        await ui.wait_for("patient")
        if opened:
            await ui.open("patient")
        own.kill()
        await ui.press("r")
        await ui.wait_for("no answer")
        await ui.wait_for("S goes to torc's own server on this machine, u to another one.")
        own.start()
        await ui.wait_for(f"● 127.0.0.1:{own.port}")
        await ui.wait_for(lambda: "own server" not in ui.seen())
        if opened:
            await ui.wait_for(lambda: ui.board.opened.feed.is_live)


async def test_an_action_that_finds_no_server_shows_it_in_the_head_at_once(make_server):
    own = make_server()
    own.client().create_workflow(Workflow(name="gone", user="tester"))
    async with interface(own.url) as ui:
        await ui.wait_for("gone")
        await ui.press("A", "A")
        await ui.wait_for("auto off")
        own.kill()
        await ui.press("d")
        await ui.wait_for(lambda: isinstance(ui.screen, Reader))
        await ui.wait_for("No torc server answers")
        await ui.press("escape")
        await ui.wait_for("no answer")
        own.start()
        await ui.wait_for(f"● 127.0.0.1:{own.port}")
        assert "Start one" not in ui.seen()


async def test_a_server_that_cannot_be_started_is_not_said_to_be_there(server, make_workflow):
    make_workflow("repaired")
    is_repaired = False

    def connect():
        if not is_repaired:
            raise MachineError("The embedded server does not start.")
        return Connection(server.client(), is_embedded=False)

    async with interface(server.url, connect=connect) as ui:
        await ui.wait_for("The embedded server does not start.")
        await ui.wait_for("✗ no answer")
        is_repaired = True
        await ui.wait_for(f"● 127.0.0.1:{server.port}")
        await ui.wait_for("repaired")
        await ui.wait_for(lambda: "does not start" not in ui.seen())


async def test_a_refresh_takes_an_earlier_error_away(server, make_workflow):
    make_workflow("refreshed")
    async with interface(server.url) as ui:
        await ui.open("refreshed")
        await ui.wait_for("job_0")
        await ui.press("t")
        await ui.wait_for("not terminated")
        await ui.press("r")
        await ui.wait_for(lambda: "not terminated" not in ui.seen())


async def test_nothing_is_asked_of_the_screen_before_there_is_a_server():
    async with interface("http://127.0.0.1:9") as ui:
        await ui.wait_for("no answer")
        await ui.press("question_mark")
        await ui.wait_for("Keys")


async def test_the_whole_help_can_be_read_at_80x24(server):
    async with interface(server.url) as ui:
        await ui.press("question_mark")
        await ui.wait_for("Keys")
        read = ui.seen()
        for _ in range(12):
            await ui.press("pagedown")
            read += ui.seen()

    for action in in_scope(*MAIN_SCOPES, Scope.LOG):
        if action.group:
            assert action.help in read


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (160, 48), (40, 10)])
async def test_every_pane_is_drawn_at_every_size(server, make_workflow, size):
    make_workflow("panes", 5)
    async with interface(server.url, size) as ui:
        await ui.open("panes" if size[0] >= 80 else "pan")
        for tab in ("Files", "Events", "Results", "Nodes", "Runs", "DAG", "Time", "More", "Jobs"):
            await ui.press("tab")
            await ui.wait_for(lambda tab=tab: ui.board.pane.title == tab)
        await ui.wait_for("job_0")
        assert ui.board.opened.details.query(DrawingView)
        await ui.press("l")
        await ui.wait_for(lambda: isinstance(ui.screen, LogScreen))
        await ui.wait_for(lambda: "no output yet" in _text(ui.screen.query_one("#place", Line)))
        assert ui.screen.query_one(LogLines).size.height > 0


def _text(line: Line) -> str:
    return "".join(cell.text for cells in line._lines for cell in cells)


@pytest.mark.parametrize(
    ("size", "rows_about_the_job", "has_events"),
    [((160, 24), 1, False), ((200, 36), 8, False), ((160, 44), 8, True)],
)
async def test_rows_have_room_before_what_stands_below_them(
    server, make_workflow, size, rows_about_the_job, has_events
):
    make_workflow("low", jobs=8)
    async with interface(server.url, size) as ui:
        await ui.open("low")
        await ui.wait_for("job_5")
        opened = ui.board.opened
        assert opened.preview.outer_size.height == rows_about_the_job
        assert opened.latest.is_on_screen is has_events


async def test_workflows_of_others_are_shown_on_request(server, client, make_workflow):
    other = client.create_workflow(Workflow(name="theirs", user="somebody"))
    make_workflow("mine")
    async with interface(server.url) as ui:
        await ui.wait_for("mine")
        assert "theirs" not in ui.seen()
        await ui.press("a")
        await ui.wait_for("theirs")
        await ui.press("w")
        await ui.type("somebody")
        await ui.press("enter")
        await ui.wait_for(lambda: "mine" not in ui.seen())
        await ui.press("a", "a")
    client.delete_workflow(other.id)


@pytest.mark.parametrize(
    ("key", "refusal"),
    [
        ("t", "is ready: it can be canceled, not terminated."),
        ("y", "is ready: it can be canceled, not retried."),
    ],
)
async def test_what_cannot_be_done_to_a_job_is_not_asked(server, make_workflow, key, refusal):
    make_workflow("waiting")
    async with interface(server.url) as ui:
        await ui.open("waiting")
        await ui.wait_for("job_0")
        await ui.press(key)
        await ui.wait_for(refusal)
        assert ui.screen is ui.board
        await ui.press("left")
        await ui.wait_for(lambda: refusal not in ui.seen())


async def test_archived_workflows_are_out_of_sight_unless_asked_for(server, client, make_workflow):
    client.archive_workflow(make_workflow("stowed"), is_archived=True)
    make_workflow("at-hand")
    async with interface(server.url) as ui:
        await ui.wait_for("at-hand")
        assert "stowed" not in ui.seen()
        await _filter_archived(ui, "backspace", "backspace", "y", "e", "s")
        await ui.wait_for("Workflows ▸ archived: yes")
        await ui.wait_for(lambda: "stowed" in ui.seen() and "at-hand" not in ui.seen())
        await ui.wait_for("□ archived")
        await _filter_archived(ui, "backspace", "backspace", "backspace")
        await ui.wait_for("Workflows ▸ archived: all")
        await ui.wait_for(lambda: "stowed" in ui.seen() and "at-hand" in ui.seen())
        await ui.press("escape")
        await ui.wait_for(lambda: "stowed" not in ui.seen() and "▸ archived" not in ui.seen())
        await ui.wait_for("at-hand")


async def _filter_archived(ui, *keys):
    await ui.press("f", "shift+tab")
    await ui.wait_for("[Archived (yes, no)]")
    await ui.press(*keys, "enter")


async def test_an_open_workflow_that_is_archived_meanwhile_says_so(server, client, make_workflow):
    number = make_workflow("shelved")
    async with interface(server.url) as ui:
        await ui.open("shelved")
        await ui.wait_for("○ ready [")
        client.archive_workflow(number, is_archived=True)
        await ui.wait_for("○ ready, archived [")
        client.archive_workflow(number, is_archived=False)
        await ui.wait_for("○ ready [")


async def test_a_state_is_whole_beside_a_long_name(server, client, make_workflow):
    number = make_workflow("a-name-that-is-longer-than-its-column")
    for job in client.list_jobs(number).items:
        client.manage_status_change(job.id, JobStatus.CANCELED, 0)
    async with interface(server.url, (160, 48)) as ui:
        await ui.wait_for("a-name-that")
        (row,) = (line for line in ui.seen().splitlines() if "│>" in line)
        assert "- canceled    0%" in row


async def test_a_canceled_workflow_says_so_and_is_not_canceled_again(server, client, make_workflow):
    number = make_workflow("stopped", 2)
    for job in client.list_jobs(number).items:
        client.manage_status_change(job.id, JobStatus.CANCELED, 0)
    async with interface(server.url) as ui:
        await ui.wait_for("stopped")
        await ui.wait_for("- canceled")
        (row,) = (line for line in ui.seen().splitlines() if "stopped" in line)
        assert "✗" not in row
        await ui.press("C")
        await ui.wait_for("nothing to cancel")
        assert ui.screen is ui.board


@pytest.mark.parametrize("url", ["http://127.0.0.1:99999", ":abc"])
async def test_what_is_no_address_is_said_and_the_server_stays(server, make_workflow, url):
    make_workflow("staying")
    async with interface(server.url, (160, 48)) as ui:
        await ui.wait_for("staying")
        await ui.press("u")
        await ui.wait_for("Empty for torc's own server.")
        await ui.type(url)
        await ui.press("enter")
        await ui.wait_for(f"'{url}' is not the URL of a server.")
        assert ui.board.requests.is_up
        assert ui.board.requests.url == server.url
        await ui.wait_for("staying")


@pytest.fixture
def no_server_is_left() -> Iterator[None]:
    yield
    stop_server()


@pytest.mark.usefixtures("no_server_is_left")
async def test_without_an_address_it_is_the_server_of_torc_itself(server, make_workflow):
    make_workflow("elsewhere")
    async with interface(server.url) as ui:
        await ui.wait_for("elsewhere")
        await ui.press("u")
        await ui.wait_for("Empty for torc's own server.")
        await ui.press("delete", "enter")
        await ui.wait_for("no workflows")
        own = running_server()
        assert own is not None
        assert ui.board.requests.url == own.address.url
        assert ui.board.requests.is_up


def test_the_interface_needs_no_web_framework_and_no_database():
    root = Path(__file__).parents[2] / "torc_tui"
    sources = [path.read_text() for path in root.rglob("*.py")]

    assert not [text for text in sources if "import litestar" in text or "import sqlmodel" in text]
