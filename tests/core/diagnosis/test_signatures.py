"""Signatures: attempts that failed of one cause have one, whatever numbers and paths they print."""

from __future__ import annotations

import pytest
from core.diagnosis.attempts import GIB, diagnosed
from hypothesis import given
from hypothesis import strategies as st

from torc_core.diagnosis.signatures import (
    LONGEST,
    first_telling_line,
    fold,
    kind_of,
    needs_log,
    telling_line,
)


@pytest.mark.parametrize(
    ("line", "folded"),
    [
        ("KeyError: 'lat'", "KeyError: 'lat'"),
        ("ValueError: bad value -3.5e-10 at row 12,345", "ValueError: bad value -<n> at row <n>"),
        ("seed_0331 diverged at step 17", "seed_<n> diverged at step <n>"),
        ("cat: /data/run 3/x: No such file", "cat: <path> <n>/x: No such file"),
        ("cat: ./out/a.txt: Permission denied", "cat: <path>: Permission denied"),
        ("open('~/m/weights.h5') failed", "open('<path>') failed"),
        ("cannot read out/sim_4.nc", "cannot read <path>"),
        ("no cell in a/b/c", "no cell in <path>"),
        ("and/or is not a path", "and/or is not a path"),
        ("node failed at 2026-02-03T10:11:12.5Z here", "node failed at <time> here"),
        ("12:30:01 ERROR bad", "<time> ERROR bad"),
        ("task 123e4567-e89b-12d3-a456-426614174000 gone", "task <id> gone"),
        ("free(): invalid pointer: 0x00007f3a", "free(): invalid pointer: <hex>"),
        ("commit 9f2ab34c not found", "commit <hex> not found"),
        ("a deadbeef or defaced word stays", "a deadbeef or defaced word stays"),
        ("\x1b[31mred  \t error\x1b[0m", "red error"),
        ("  ", ""),
    ],
)
def test_what_differs_from_job_to_job_is_folded(line, folded):
    assert fold(line) == folded


def test_the_name_of_the_job_is_folded_unless_it_is_a_common_word():
    assert fold("sim_alpha: lost", "sim_alpha") == "<job>: lost"
    assert fold("resim_alpha: lost", "sim_alpha") == "resim_alpha: lost"
    assert fold("a bad thing", "a") == "a bad thing"
    assert fold("x(.*)y: lost", "x(.*)y") == "<job>: lost"


@given(st.text(), st.text())
def test_folding_is_bounded_and_stable(line, name):
    folded = fold(line, name)

    assert len(folded) <= LONGEST
    assert not any(character.isdecimal() and character.isascii() for character in folded)


def test_the_line_that_looks_like_an_error_tells_more_than_the_last_one():
    log = b"start\nTraceback (most recent call last):\n  File x\nKeyError: 'lat'\ncleaning up\n"
    assert telling_line(log) == "KeyError: 'lat'"
    assert telling_line(b"start\nit went wrong\n\x1b[0m\n\n") == "it went wrong"
    assert telling_line(b"") == ""
    assert telling_line(b"\xff\xfe bad bytes\n") == "\ufffd\ufffd bad bytes"


def test_an_error_in_the_second_log_tells_more_than_words_in_the_first():
    assert first_telling_line([b"progress 100%\n", b"OSError: no\n"]) == "OSError: no"
    assert first_telling_line([b"", b"only this\n"]) == "only this"
    assert first_telling_line([]) == ""


def test_a_known_cause_is_the_same_for_all_amounts_and_needs_no_log():
    first, second = (
        diagnosed("failed", 137, peak=peak * GIB, minutes=minutes)
        for peak, minutes in ((9, 1), (12, 3))
    )
    assert kind_of(first) == kind_of(second) == "out of memory"
    assert not needs_log(first)


def test_of_an_unknown_cause_the_exit_code_is_said_and_the_log_is_needed():
    unknown = diagnosed("failed", 3)
    assert kind_of(unknown) == "exit code 3"
    assert needs_log(unknown)
    assert kind_of(diagnosed("failed", 139)) == "segmentation fault, SIGSEGV"
