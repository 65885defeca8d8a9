"""The mouse in a real terminal: what is under it is what is meant, with and without frames."""

from __future__ import annotations

from contextlib import closing

import pytest
from waiting import wait_for

from torc_tui.state.hits import piece_at

SIZES = [(80, 24), (120, 35), (160, 48)]


@pytest.fixture(params=SIZES, ids=["80x24", "120x35", "160x48"])
def size(request):
    return request.param


def place_of(screen, text):
    """Column and line, counted from 0, once it is there."""
    screen.wait_for(text)
    y = next(y for y, line in enumerate(screen.lines) if text in line)
    return screen.lines[y].index(text), y


def click(screen, place, times=1):
    x, y = (each + 1 for each in place)
    screen.send(f"\x1b[<0;{x};{y}M\x1b[<0;{x};{y}m" * times)
    screen.wait_for_silence(0.5)


def under_cursor(screen):
    """Names of jobs on lines with the cursor, as of now."""
    screen.read(0.1)
    return [
        line.partition(">")[2].split()[1] for line in screen.lines if ">" in line and "job_" in line
    ]


@pytest.fixture
def jobs(start_tui, server, make_workflow, size):
    """The jobs of a workflow, with the cursor on the first."""
    make_workflow("clicked", 60)
    screen = start_tui(server.url, *size)
    screen.wait_for("clicked", "Workflows")
    screen.send("\r")
    screen.wait_for("[Jobs]", "job_0", "l logs")
    screen.wait_for_silence()
    return screen


def test_a_click_puts_the_cursor_on_the_row_under_the_mouse(jobs):
    for name in ("job_2", "job_0", "job_7"):
        click(jobs, place_of(jobs, f" {name} "))
        wait_for(lambda name=name: under_cursor(jobs) == [name], f"the cursor on {name}")

    jobs.send("G")
    jobs.wait_for("job_59")
    jobs.wait_for_silence()
    click(jobs, place_of(jobs, "job_55"))
    wait_for(lambda: under_cursor(jobs) == ["job_55"], "the cursor on job_55")


def test_a_click_below_the_last_row_and_on_the_frame_moves_nothing(
    start_tui, make_server, make_workflow, size
):
    server = make_server()
    with closing(server.client()) as client:
        for name in ("first", "second", "third"):
            make_workflow(name, on=client)
    screen = start_tui(server.url, *size)
    screen.wait_for("first", "second", "third")
    screen.wait_for_silence()
    _, last = place_of(screen, "first")
    for place in ((5, last + 2), (0, last - 1) if size[0] > 80 else (5, last + 1)):
        click(screen, place)
    screen.send("d")
    screen.wait_for("Delete workflow", "third?")


def test_two_clicks_open_a_row(jobs):
    click(jobs, place_of(jobs, "job_3 "), times=2)
    jobs.wait_for("job_3 ▸ details")


def test_a_click_on_a_title_sorts_by_that_column(jobs):
    _, y = place_of(jobs, "Command")
    x = jobs.lines[y].rindex("Name")
    click(jobs, (x, y))
    jobs.wait_for("Name▲")
    click(jobs, (x, y))
    jobs.wait_for("Name▼")
    wait_for(lambda: (jobs.read(0.1), "job_9" in jobs.lines[y + 1])[1], "rows in the other order")


def test_a_click_on_a_tab_shows_it_and_keys_go_there(jobs):
    click(jobs, place_of(jobs, "Events"))
    jobs.wait_for("[Events]", ">", "workflow_started")
    jobs.send("\r")
    jobs.wait_for("Events ▸")


def test_a_click_on_a_tab_beside_the_list_enters_it(start_tui, server, make_workflow):
    make_workflow("beside")
    screen = start_tui(server.url, 120, 35)
    screen.wait_for("beside", "[Jobs]", "job_0")
    screen.wait_for_silence()
    click(screen, place_of(screen, "Files"))
    screen.wait_for("[Files]", "no files", "Files  ")
    screen.send("h")
    screen.wait_for("torc ▸ Workflows")


def test_a_click_on_a_key_at_the_foot_presses_it(jobs):
    click(jobs, place_of(jobs, "? help"))
    jobs.wait_for("Keys", "Lists")
    click(jobs, place_of(jobs, "q close"))
    jobs.wait_for("[Jobs]", gone="One line up")
    x, y = place_of(jobs, "cancel job")
    click(jobs, (x + 3, y))
    jobs.wait_for("Cancel job")


@pytest.mark.parametrize(
    ("x", "at"),
    [(-1, None), (0, 0), (2, 0), (3, None), (5, 2), (8, 2), (9, None), (11, 3), (14, None)],
)
def test_gaps_and_hidden_pieces_belong_to_none(x, at):
    assert piece_at([3, 0, 4, 3], x, gap=2) == at
