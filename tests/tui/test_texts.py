"""Texts that are read in full: help, errors, rows."""

from __future__ import annotations

from torc_core.errors import ConflictError, SpecError
from torc_core.model.artifact import File
from torc_tui.keys.table import ACTIONS
from torc_tui.lists.data.files import FILES
from torc_tui.state.texts.layout import error_text, facts_text, help_text, row_text
from torc_tui.theme import QUIET, Cell


def lines_of(text):
    return ["".join(cell.text for cell in line) for line in text]


def test_the_help_has_each_group_once_and_its_keys_below():
    lines = lines_of(help_text(80))
    groups = list(dict.fromkeys(action.group for action in ACTIONS if action.group))

    assert lines[0] == groups[0]
    for group in groups:
        at = lines.index(group)
        assert lines.count(group) == 1
        first = next(action for action in ACTIONS if action.group == group)
        assert lines[at + 1] == f"  {first.labels}".ljust(12) + first.help
        assert at == 0 or lines[at - 1] == ""
    assert lines[-3] == ""
    assert "continue" in lines[-2]
    assert lines[-1] == "All times are local: UTC."
    assert help_text(80)[1][0].tone == help_text(80)[0][0].tone == "bold"


def test_the_help_is_wrapped_to_the_width():
    assert max(map(len, lines_of(help_text(30)))) <= 30
    narrow, wide = ("".join("".join(lines_of(help_text(each))).split()) for each in (30, 80))
    assert narrow == wide


def test_an_error_is_shown_with_what_to_do_next():
    error = ConflictError("It is running\x1b.\nSince noon.", hint="Wait for it to end, or cancel.")

    assert lines_of(error_text(error, 20)) == [
        "It is running␛.", "Since noon.", "", "Wait for it to end,", "or cancel.",
    ]  # fmt: skip
    assert lines_of(error_text(ConflictError("No."), 20)) == ["No."]


def test_all_problems_of_a_file_are_shown():
    error = SpecError(["1:2: one", "3:4: two"], source="w.yaml")

    assert lines_of(error_text(error, 40))[:2] == ["1:2: one", "3:4: two"]


def test_a_row_is_shown_with_every_column_in_full():
    file = File(id=3, workflow_id=1, name="a\x1b", path="/x" * 30, st_mtime=None)

    assert row_text(FILES, file, 42) == [
        [Cell("ID          ", QUIET), Cell("3", "")],
        [Cell("Name        ", QUIET), Cell("a␛", "")],
        [Cell("Modified    ", QUIET)],
        [Cell("Path        ", QUIET), Cell("/x" * 15, "")],
        [Cell("            ", QUIET), Cell("/x" * 15, "")],
    ]


def test_facts_keep_their_tone_and_at_least_ten_cells():
    assert facts_text([("Status", "failed badly", "red")], 5) == [
        [Cell("Status      ", QUIET), Cell("failed", "red")],
        [Cell("            ", QUIET), Cell("badly", "red")],
    ]
