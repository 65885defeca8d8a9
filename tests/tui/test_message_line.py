"""The line for messages: whole sentences, if they fit, for as long as they are worth reading."""

from __future__ import annotations

import pytest
from tui.driving import interface
from tui.test_pty import A_REFRESH_S

from torc_core.errors import UsageError
from torc_tui.widgets.message_line import message_rows, reading_s

TWO = "Started #8 in the background. It keeps running after you quit."


@pytest.mark.parametrize(
    ("text", "width", "rows"),
    [
        (TWO, len(TWO), [TWO]),
        (TWO, 40, ["Started #8 in the background. It keeps", "running after you quit."]),
        (TWO, 20, ["Started #8 in the", "background. …"]),
        (TWO, 12, ["Started #8", "in the background. It keeps running after you quit."]),
        ("Took 0.5 GiB of a.b.c and more", 16, ["Took 0.5 GiB of", "a.b.c and more"]),
        ("Sure? 十分 it is. Yes it is.", 9, ["Sure? …"]),
        ("十分 十分 十分.", 5, ["十分 十分", "十分."]),
        ("", 1, [""]),
    ],
)
def test_what_does_not_fit_into_two_rows_is_cut_between_sentences(text, width, rows):
    assert message_rows(text, width) == rows


async def test_a_long_message_takes_a_row_from_the_keys(server, make_workflow):
    make_workflow("told", 3)
    async with interface(server.url, (60, 15)) as ui:
        await ui.open("told")
        await ui.wait_for("job_2")
        ui.board.message.show_text(TWO, "red")  # which does not go by itself
        await ui.wait_for("running after you  ")
        await ui.wait_for("? help")
        ui.board.message.show_text("")
        await ui.wait_for("Tab next tab")


async def test_an_error_stays_while_the_cursor_moves_and_goes_with_the_next_key(
    server, make_workflow
):
    make_workflow("kept", 3)
    async with interface(server.url) as ui:
        await ui.open("kept")
        await ui.wait_for("job_2")
        ui.board.message.show_error(UsageError("It is refused.", hint="Press V."))
        await ui.press("j", "k", "G", "pagedown")
        await ui.wait_for("It is refused.")
        await ui.press("space")
        await ui.wait_for(lambda: "It is refused." not in ui.seen())


async def test_a_notice_goes_with_the_workflow_in_which_it_came(server, make_workflow):
    make_workflow("left", 3)
    async with interface(server.url) as ui:
        await ui.open("left")
        message = ui.board.message
        message.show_text("Looking …")
        await ui.press("escape")
        await ui.wait_for(lambda: not ui.board.is_inside)
        await ui.wait_for("Looking …")
        await ui.press("right")
        message.show_text(TWO)
        await ui.press("j")
        await ui.wait_for("keeps running")
        await ui.press("escape")
        await ui.wait_for(lambda: not ui.board.is_inside)
        assert "keeps running" not in ui.seen()  # long before it would go by itself


async def test_what_was_being_done_is_not_said_behind_the_question_that_follows(
    server, make_workflow
):
    make_workflow("declined", 3)
    async with interface(server.url) as ui:
        await ui.open("declined")
        ui.board.message.show_text("Asking Slurm …")
        await ui.press("d")
        await ui.wait_for("Delete workflow")
        assert "Asking Slurm" not in ui.seen()


async def test_what_has_ended_without_a_word_is_not_said_to_go_on(server, make_workflow):
    make_workflow("looked_at", 3)
    async with interface(server.url) as ui:
        await ui.open("looked_at")
        ui.board.message.show_text("Asking Slurm …")
        await ui.press("i")
        await ui.wait_for(lambda: "Asking Slurm" not in ui.seen())


def test_a_notice_goes_by_itself_and_then_nothing_is_written(start_tui, server, make_workflow):
    make_workflow("sorted", 3)
    screen = start_tui(server.url, 80, 24)
    screen.wait_for("sorted", "Workflows")
    screen.send("\r")
    screen.wait_for("[Jobs]", "job_0", "l logs")
    screen.send("2")
    screen.wait_for("sorted by Name")
    screen.wait_for("[Jobs]", gone="sorted by Name")
    screen.wait_for_silence()

    assert screen.read(A_REFRESH_S) == b""


def test_a_longer_notice_is_shown_for_longer():
    times = [reading_s("x" * length) for length in (10, 80, 200)]

    assert times == sorted(times)
    assert times[0] > 4
    assert times[1] > 10
