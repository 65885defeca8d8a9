"""Every screen at four sizes, in true color, with 16 colors, without color and in ASCII."""

from __future__ import annotations

import importlib
import pkgutil

import pytest
from textual.screen import Screen
from tui.driving import interface
from tui.gallery.comparing import PICTURES, check, compare
from tui.gallery.screens import FIRST, SHOTS

import torc_tui
from torc_tui.panes.tabs.all import TABS
from torc_tui.screens.board import Board
from torc_tui.screens.creating.wizard import Wizard
from torc_tui.screens.dialogs.confirm import Question
from torc_tui.screens.dialogs.dialog import Dialog
from torc_tui.screens.first_picture import FirstPicture
from torc_tui.screens.logs.viewer import FileViewer
from torc_tui.screens.main import MainScreen
from torc_tui.screens.repair.failures_view import FailuresView
from torc_tui.state.creating.forms import STEPS

BASES = {Board, Dialog, FailuresView, FileViewer, FirstPicture, MainScreen, Question}


@pytest.mark.parametrize("shot", SHOTS, ids=lambda shot: shot.name)
async def test_a_screen_is_as_it_was(shown, then, monkeypatch, shot):
    await compare(shot, shown, monkeypatch)


async def test_the_first_screen_is_as_it_was(make_server, then):
    own = make_server()
    async with interface(own.url) as ui:
        await ui.wait_for("n  ")
        await check(ui, FIRST, own.port)


def subclasses(kind):
    for each in kind.__subclasses__():
        yield each
        yield from subclasses(each)


def test_every_screen_has_a_picture():
    for module in pkgutil.walk_packages(torc_tui.__path__, "torc_tui."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    screens = {each for each in subclasses(Screen) if each.__module__.startswith("torc_tui.")}
    kinds = {each.__name__ for each in (*screens, *TABS) if each not in BASES}

    assert {shot.kind for shot in SHOTS} == kinds | {"WorkflowsPane"}
    assert {f"wizard_{step.id}" for step in STEPS} == {
        shot.name for shot in SHOTS if shot.kind == Wizard.__name__
    }
    assert {path.stem for path in PICTURES.iterdir()} == {shot.name for shot in (*SHOTS, FIRST)}
