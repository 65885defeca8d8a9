"""What the viewer of files says fits its line, the important first."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from torc_tui.state.logs.log_status import Options, place_cells, title_cells
from torc_tui.state.logs.log_view import Look, Tally
from torc_tui.state.logs.pager import LogPage, Position

PAGE = LogPage([], Position(0, 0), 2048, is_end=True)
LOOK = Look(PAGE, 7, None, None, None, "", is_hex=False, is_whole=True)
PATH = "/home/user/project/output/job_stdio/job_wf1_j3_r1_a1.o"


def place(look=LOOK, *, remark="", width=80, shown=PATH):
    return "".join(cell.text for cell in place_cells(look, shown, remark, width))


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, f" line 7   end   2.0 KiB   {PATH}"),
        ({"number": None}, " end   2.0 KiB   "),
        ({"page": PAGE.__class__([], PAGE.top, 10, is_end=False)}, " line 7   10 B   "),
        ({"is_whole": False}, " line 7   2.0 KiB unzipped so far   "),
        ({"matches": Tally("x", 3, 9, 1.0)}, " match 3 of 9   line 7"),
        ({"matches": Tally("x", 3, 9, 0.254)}, " match 3 of 9 so far, 25% searched   line"),
        ({"matches": Tally("x", None, 1, 1.0)}, " 1 match   line 7"),
        ({"matches": Tally("x", None, 1200, 1.0)}, " 1,200 matches   line 7"),
        ({"matches": Tally("x", 9, 9, 1.0), "missed": "below"}, " no match for x below, 9 in all"),
        ({"matches": Tally("x\x1b", None, 0, 1.0), "missed": "above"}, " no match for x␛ above   "),
        ({"matches": Tally("x" * 99, None, 0, 0.1), "seeking": 0.5}, f" searching for {'x' * 19}…"),
        ({"only": Tally("x", None, 1, 1.0)}, " 1 line has x   line"),
        ({"only": Tally("x", None, 37, 0.5)}, " 37 lines have x so far, 50% searched   line"),
    ],
)  # fmt: skip
def test_the_place_says_what_was_found_and_where_one_is(changes, text):
    assert place(LOOK._replace(**changes), width=120).startswith(text)


def test_a_path_that_is_too_long_is_seen_from_its_end():
    assert place(width=80).endswith("/output/job_stdio/job_wf1_j3_r1_a1.o")
    for width in range(10, 90):
        for shown in (PATH, "日本/日本語のログ.txt", "x" * 100):
            assert cell_len(place(width=width, shown=shown)) <= max(width, 26)


def test_a_remark_comes_first():
    assert place(remark="sent\x1b").startswith(" sent␛   line 7")


def test_the_title_names_all_files_and_how_they_are_shown():
    options = Options(is_followed=True, has_colors=False)
    cells = title_cells("log ▸ a\x9b", ["stdout", "stderr"], 1, options)

    assert "".join(cell.text for cell in cells) == (
        " log ▸ a\ufffd ▸ stdout [stderr]   follow on  wrap off  plain"
    )
    assert [cell.tone for cell in cells[1:3]] == ["bright_black", "bold"]
