"""Sentences on the screen name keys, and always those that the user has chosen."""

from __future__ import annotations

import ast
import re
from contextlib import closing
from itertools import count, takewhile
from pathlib import Path

import pytest
from operations.recovery.failed_workflow import FailedWorkflow

import torc_tui
from torc_tui.keys.action import NUMBERED, OF_DIALOGS, Scope
from torc_tui.keys.in_words import key_of, keyed
from torc_tui.keys.names import shown_key
from torc_tui.keys.table import ACTIONS

SOURCES = sorted(Path(torc_tui.__file__).parent.rglob("*.py"))
TYPED_INTO = {Scope.CREATE, Scope.WIZARD}
"""Where letters are typed, so that keys are others."""
FUNCTION_KEYS = {
    f"f{number}": f"\x1b{code}"
    for number, code in enumerate(
        ["OP", "OQ", "OR", "OS", "[15~", "[17~", "[18~", "[19~", "[20~", "[21~", "[23~", "[24~"], 1
    )
}
WORDS = {"a", "A", "I", "-", ",", ">", "<", "*", "→", "=", "?"}
"""What is a word or a sign as well."""
CYRILLIC = 0x430
"""Where letters begin that no usual key is."""
MOVABLE = [each for each in ACTIONS if each.id != NUMBERED and each.scope not in OF_DIALOGS]
IN_DIALOGS = {"y", "n", "Enter", "Esc", "Tab", "↑", "↓", "Space"}
"""Keys of dialogs and fields, which are the same for all."""
USUAL = {shown_key(key) for each in MOVABLE for key in each.keys.split(",")}


def test_what_is_no_action_stays_in_its_braces():
    assert keyed("{x.y} of ${HOME.a} {move.up}") == f"{{x.y}} of ${{HOME.a}} {key_of('move.up')}"


def test_only_sentences_of_the_interface_name_keys_in_braces():
    put_in = [
        f"{path.name}:{node.lineno}"
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "keyed"
        and any(isinstance(each, ast.JoinedStr) for each in ast.walk(node))
    ]

    assert put_in == []


def moved_keys():
    """Another key for every action: Cyrillic letters, and function keys where one types."""
    letters = (letter for letter in map(chr, count(CYRILLIC)) if letter.isalpha())
    numbers = {scope: iter(FUNCTION_KEYS) for scope in TYPED_INTO}
    return {each.id: next(numbers.get(each.scope, letters)) for each in MOVABLE}


MOVED = moved_keys()


def usual_keys(screen):
    """What a screen names of the usual keys, which are no keys any more but in dialogs."""
    lines = takewhile(lambda line: line != " Dialogs", screen.lines)
    words = {word for line in lines for word in line.split()}
    words |= {word.strip(".,;:()[]│") for word in words}
    return words & (USUAL - IN_DIALOGS - WORDS)


class Moved:
    """The interface with all keys moved, in a terminal."""

    def __init__(self, screen):
        self.screen = screen

    def press(self, *ids):
        for each in ids:
            self.screen.send(FUNCTION_KEYS.get(MOVED[each], MOVED[each]))

    def see(self, *texts):
        """Wait for what is seen then, and look for usual keys in it."""
        self.screen.wait_for(*texts)
        self.screen.wait_for_silence(0.3)
        assert usual_keys(self.screen) == set(), "\n".join(self.screen.lines)


@pytest.fixture
def moved(make_server, start_tui, tmp_path):
    own = make_server()
    with closing(own.client()) as client:
        FailedWorkflow(client)
    config = tmp_path / "moved.toml"
    lines = [f'"{name}" = "{key}"' for name, key in MOVED.items()]
    config.write_text("\n".join(["[client.tui.keys]", *lines]), "utf-8")
    # A process that is not forked from this one: keys are bound as modules load.
    return Moved(start_tui(own.url, 120, 35, TORC_CONFIG=str(config), PYTHONUTF8="1"))


def test_a_sentence_names_the_key_of_an_action():
    assert keyed("{list.save} saves {i} of it.") == "B saves {i} of it."
    assert key_of("wizard.next") == "C-n"


def test_every_action_that_is_named_in_a_sentence_exists():
    named = {
        name
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in {"keyed", "key_of"}
        for text in ast.walk(node)
        if isinstance(text, ast.Constant) and isinstance(text.value, str)
        for name in re.findall(r"\{([a-z]+\.[a-z_]+)\}|^([a-z_.]+)$", text.value)
    }

    assert len(named) > 20
    assert {first or second for first, second in named} <= {action.id for action in ACTIONS}


def test_with_all_keys_moved_no_screen_names_a_usual_one(moved):
    key = MOVED.__getitem__
    moved.see("failed", f"{key('view.help')} help")
    moved.press("view.help")
    moved.see("Keys", f"{key('mark.toggle')} ")
    for _ in range(5):
        moved.press("move.page_down")
        moved.see("Keys")
    moved.press("reader.close")
    moved.see("Workflows")
    moved.press("open")
    moved.see("[Jobs]", f"{key('workflow.failures')} failures")

    moved.press("list.mark_all")
    moved.see("Marked 5 rows.", f"{key('mark.clear')} clears the marks.")
    moved.press("mark.clear", "list.saved")
    moved.see(f"{key('list.save')} saves the present one.")
    moved.press("job.why")
    moved.see("Why ▸")
    moved.press("reader.close", "view.palette")
    moved.see("Actions", f"{key('mark.toggle')} ")
    moved.screen.send("\x1b")
    moved.see("[Jobs]")


def test_with_all_keys_moved_failures_and_charts_name_no_usual_one(moved):
    key = MOVED.__getitem__
    moved.see("failed")
    moved.press("open")
    moved.see("[Jobs]")
    moved.press("workflow.failures")
    moved.see("failed jobs in", f"{key('failures.recover')} ")
    for _ in range(2):
        moved.press("move.down")
        moved.see("failed jobs in")
    moved.press("failures.logs")
    moved.see(f"{key('log.close')} close")
    moved.press("log.close", "failures.close")
    moved.see("[Jobs]")
    moved.press("workflow.plan_recovery")
    moved.see("did not end well", f"{key('workflow.rerun')} retries all as they are")
    moved.press("reader.close", "view.diff")
    moved.see("run 1")
    moved.press("diff.close", "go.next_tab", "next_failed")
    moved.see("[Files]", f"{key('next_failed')} goes on")
    moved.press("go.timeline")
    moved.see("[Time]")


def test_with_all_keys_moved_creating_a_workflow_names_no_usual_one(moved):
    moved.see("failed")
    moved.press("workflow.create")
    moved.see("F1 create")
    moved.press("create.cancel", "workflow.wizard")
    for title in ("Basics", "Jobs", "Dependencies", "Resources", "Schedulers", "Actions", "Review"):
        moved.see(f"{title}")
        moved.press("wizard.next")
    moved.press("wizard.leave")
