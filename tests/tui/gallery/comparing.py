"""Going to a screen, and comparing it with the pictures that are stored.

A picture that changes is to be looked at, not accepted. To redraw one: delete its file, run
`pytest tests/tui/gallery/test_gallery.py`, look at what it wrote.
"""

from __future__ import annotations

import re
import shlex
from difflib import unified_diff
from pathlib import Path

import pytest
from textual.events import Paste
from tui.driving import interface
from tui.gallery import world
from tui.gallery.looking import SIZES, masker, part_of, picture, rest, settled, tones

from torc_tui.screens.main import MainScreen

PICTURES = Path(__file__).parent / "pictures"
KEYS = {"/": "slash", "!": "exclamation_mark", ",": "comma", ":": "colon", "@": "at",
        "?": "question_mark"}  # fmt: skip
_WIDTH = re.compile(r"\d+")
_HEADING = re.compile(r"^── (.*) ─*\n", re.MULTILINE)


async def compare(shot, server, monkeypatch):
    """Open the interface, go to a screen and compare it."""
    monkeypatch.chdir(server.database.parent)
    if shot.kind == "RunsDialog":
        world.make_runs()
    async with interface(server.url, SIZES[0]) as ui:
        await go_to(ui, shot)
        await check(ui, shot, server.port)


async def go_to(ui, shot):
    """Press the keys that lead to a screen; its kind may be left open."""
    workflows = ui.board.workflows
    await ui.wait_for("notes")
    await rest(ui)
    if kind_of(ui) == "RunsDialog":  # it offers them by itself, too
        await ui.press("escape")
    await ui.press("g")
    while not workflows.selected_workflow().name.startswith(shot.workflow):
        await ui.press("down")
    await rest(ui)
    await press_words(ui, shot.keys)
    await ui.wait_for(lambda: shot.kind in {"", kind_of(ui)})


async def press_words(ui, keys):
    """Press keys; what is in quotes is pasted."""
    for word in shlex.split(keys, posix=False):
        if "'" in word:
            ui.app.post_message(Paste(word.strip("'")))
        else:
            await ui.press(KEYS.get(word, word))
        await rest(ui)


def kind_of(ui):
    """What is in sight: a tab or list of the main screen, or another screen."""
    screen = ui.screen
    return type(ui.board.pane if isinstance(screen, MainScreen) else screen).__name__


async def check(ui, shot, port):
    """Compare with what is stored."""
    path = PICTURES / f"{shot.name}.txt"
    stored = parts_of(path.read_text()) if path.exists() else {}
    mask, found = masker(port), {}

    async def see():
        await rest(ui)
        return picture(ui, mask)

    for size in sorted(SIZES, key=lambda each: each == shot.tones_at):
        await ui.pilot.resize_terminal(*size)
        await rest(ui)
        name, part = f"{size[0]}x{size[1]}", part_of(ui)
        if part.size != ui.screen.size:
            name += f" at {part.x},{part.y}"
        found[name] = await settled(
            see, stored.get(name) if found.items() <= stored.items() else None
        )
    name = f"tones of {name}"
    found[name] = await tones(ui, mask, size)
    if not stored:
        PICTURES.mkdir(exist_ok=True)
        by_width = sorted(found, key=lambda each: int(_WIDTH.search(each)[0]))
        path.write_text("".join(f"{heading(each)}\n{found[each]}\n" for each in by_width))
        pytest.fail(f"{path.name} was not there; look at it")
    assert found == stored, "\n".join(differences(stored, found))


def differences(stored, found):
    """What of the pictures was stored, and what is there instead."""
    for name in sorted({*stored, *found}):
        before, now = stored.get(name, ""), found.get(name, "")
        if before != now:
            yield from unified_diff(
                before.split("\n"), now.split("\n"), "stored", name, n=0, lineterm=""
            )


def heading(name):
    return f"── {name} ".ljust(60, "─")


def parts_of(text):
    _, *parts = _HEADING.split(text)
    named = zip(parts[::2], parts[1::2], strict=True)
    return {name: part.removesuffix("\n") for name, part in named}
