"""`n`: choosing a workflow file."""

from __future__ import annotations

import os
import threading

import pytest
from rich.cells import cell_len
from tui.driving import interface

from torc_tui.screens.creating import create_dialog
from torc_tui.screens.creating.create_dialog import CreateDialog
from torc_tui.screens.dialogs.confirm import Confirm
from torc_tui.state.creating.recent_files import MOST, note_file, recent_files, shortened

SPEC = "name: chosen\ndescription: One of a kind\njobs: [{name: only, command: 'true'}]\n"
BAD = "name: bad\njobs:\n  - nme: a\n    command: x\n  - name: b\n    comand: y\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A directory with workflow files, in which the interface is started; with its own state."""
    place = tmp_path / "place"
    (place / "deep").mkdir(parents=True)
    (place / "deep" / "one.yaml").write_text(SPEC)
    (place / "bad.yaml").write_text(BAD)
    monkeypatch.chdir(place)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return place


def is_open(ui):
    return isinstance(ui.screen, CreateDialog)


async def test_arrows_and_tab_lead_to_a_file_that_is_seen_before_it_is_created(server, folder):
    async with interface(server.url) as ui:
        await ui.press("n")
        await ui.wait_for("deep/")
        await ui.press("d", "tab")
        await ui.wait_for("one.yaml")
        await ui.press("down")
        await ui.wait_for("chosen: 1 job")
        await ui.wait_for("One of a kind")
        await ui.press("enter")
        await ui.wait_for(lambda: isinstance(ui.screen, Confirm))
        await ui.press("n")
        await ui.wait_for("Created #")

        await ui.press("n")
        await ui.wait_for("used before")
        await ui.press("down")
        await ui.wait_for("chosen: 1 job")

    assert recent_files() == [str(folder / "deep" / "one.yaml")]


async def test_a_file_with_problems_keeps_the_dialog_and_the_path_and_shows_the_lines(
    server, client, folder
):
    before = client.list_workflows().total_count
    async with interface(server.url) as ui:
        await ui.press("n")
        await ui.type("bad.yaml")
        await ui.press("enter")
        await ui.wait_for("bad.yaml:3:")
        assert is_open(ui)
        assert ui.screen.field.value == "bad.yaml"
        await ui.wait_for("comand")

        (folder / "bad.yaml").write_text(SPEC)
        await ui.press("enter")
        await ui.wait_for(lambda: isinstance(ui.screen, Confirm))
        await ui.press("n")

    assert client.list_workflows().total_count == before + 1


@pytest.mark.parametrize(
    ("typed", "says"),
    [("nowhere.yaml", "there is no such file"), ("no/such/w.yaml", "there is no such file")],
)
async def test_a_path_that_leads_nowhere_stays_to_be_corrected(server, folder, typed, says):
    async with interface(server.url) as ui:
        await ui.press("n")
        await ui.type(typed)
        await ui.press("enter")
        await ui.wait_for(says)
        assert ui.screen.field.value == typed


async def test_a_pipe_is_refused_and_not_waited_for(server, folder):
    os.mkfifo(folder / "pipe.yaml")
    async with interface(server.url) as ui:
        await ui.press("n")
        await ui.type("pipe.yaml")
        await ui.wait_for("is not a file")
        await ui.press("enter")
        await ui.wait_for("A pipe can be read by")
        assert is_open(ui)


async def test_a_name_with_many_joiners_does_not_move_what_is_beside_the_dialog(server, folder):
    (folder / f"odd{chr(0x200C) * 9}{chr(0x200D)}.yaml").write_text(SPEC)
    async with interface(server.url) as ui:
        await ui.press("n")
        await ui.wait_for("\ufffd.yaml")
        widths = {sum(cell_len(segment.text) for segment in strip) for strip in ui.strips()}

        assert widths == {ui.screen.size.width}


async def test_a_directory_is_entered(server, folder):
    async with interface(server.url) as ui:
        await ui.press("n")
        await ui.type("deep")
        await ui.press("enter")
        await ui.wait_for("one.yaml")
        assert ui.screen.field.value == "deep/"


async def test_a_file_system_that_does_not_answer_keeps_neither_keys_nor_requests_waiting(
    server, folder, monkeypatch, make_workflow
):
    answers = threading.Event()
    read = create_dialog.read_contents

    def slow(typed):
        if typed.startswith("deep/"):
            answers.wait(100)
        return read(typed)

    monkeypatch.setattr(create_dialog, "read_contents", slow)
    try:
        async with interface(server.url) as ui:
            await ui.press("n")
            for _ in range(3):
                await ui.type_ahead(*"deep/")
                await ui.wait_for("deep/ …")
                await ui.type_ahead("ctrl+u")
                await ui.wait_for("bad.yaml")
            await ui.type_ahead("escape")
            make_workflow("meanwhile")
            await ui.type_ahead("r")
            await ui.wait_for("meanwhile")
    finally:
        answers.set()


def test_the_newest_file_is_first_and_each_is_there_once(folder):
    for number in range(MOST + 5):
        note_file(folder / f"{number}.yaml")
    note_file(folder / "20.yaml")

    found = recent_files()

    assert len(found) == MOST
    assert found[:2] == [str(folder / "20.yaml"), str(folder / f"{MOST + 4}.yaml")]


def test_a_path_is_as_short_as_it_can_be_typed(folder, monkeypatch):
    monkeypatch.setenv("HOME", str(folder.parent))

    assert shortened(str(folder / "bad.yaml")) == "bad.yaml"
    assert shortened(str(folder.parent / "other.yaml")) == "~/other.yaml"
    assert shortened("/elsewhere/w.yaml") == "/elsewhere/w.yaml"


async def test_where_there_is_no_workflow_it_is_said_how_to_get_one(make_server, folder):
    async with interface(make_server().url, (100, 24)) as ui:
        await ui.wait_for("no workflows")
        for text in ("n  create one from a file", "m  make one without a file", "a  see those of"):
            await ui.wait_for(text)
        await ui.press("a")
        await ui.wait_for("all users")
        await ui.wait_for(lambda: "a  see those of" not in ui.seen())
        await ui.press("f")
        await ui.type("x")
        await ui.press("enter")
        await ui.wait_for(lambda: "create one from a file" not in ui.seen())
