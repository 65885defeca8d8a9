"""An output file is written if it is there and not what it was before the job."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc_core.runner.policy.outputs.written import (
    LOOKS_S,
    FileState,
    Written,
    fault_of,
    is_written,
)

START_MS = 1_700_000_000_000
OLD_NS = 1_600_000_000_123_456_789


def state(*identity: int, changed_ns: int = OLD_NS) -> FileState:
    return FileState(identity, 0.0, changed_ns)


BEFORE = state(1, 2, 3)


@pytest.mark.parametrize(
    ("before", "after", "written"),
    [
        (None, None, Written.MISSING),
        (BEFORE, None, Written.MISSING),
        (None, BEFORE, Written.YES),
        (BEFORE, BEFORE, Written.UNCHANGED),
        (BEFORE, state(1, 2, 4), Written.YES),
        (BEFORE, state(1, 2, 3, 0), Written.YES),  # it has become a link
        (state(), state(), Written.YES),  # a directory of which too much would have to be read
    ],
)
def test_a_file_after_a_job_is(before, after, written):
    assert is_written(before, after, START_MS) is written


@pytest.mark.parametrize(
    ("changed_ns", "written"),
    [
        (START_MS * 10**6 - 5_000_001, Written.YES),
        (START_MS * 10**6 - 30_000_001, Written.UNCHANGED),
        ((START_MS // 1000) * 10**9, Written.YES),  # whole seconds
        ((START_MS // 1000 - 2) * 10**9, Written.UNCHANGED),
        (START_MS * 10**6 + 3_600 * 10**9 + 1, Written.UNCHANGED),  # the server's clock is ahead
    ],
)
def test_what_was_written_within_the_same_tick_is_unknown(changed_ns, written):
    same = state(1, changed_ns=changed_ns)

    assert is_written(same, same, START_MS) is written


@pytest.mark.parametrize(
    ("changed_ns", "later_ms", "written"),
    [
        (START_MS * 10**6 + 500_000, 0, Written.YES),  # half a millisecond after the start
        (START_MS * 10**6 + 1, 11, Written.YES),
        (START_MS * 10**6 + 1, 12, Written.UNCHANGED),
        (START_MS * 10**6, 1_000, Written.YES),
        (START_MS * 10**6, 1_001, Written.UNCHANGED),
    ],
)
def test_a_tick_is_that_of_the_file_system(changed_ns, later_ms, written):
    same = state(1, changed_ns=changed_ns)

    assert is_written(same, same, START_MS + later_ms) is written


@given(
    st.none() | st.lists(st.integers(), min_size=1, max_size=3),
    st.none() | st.lists(st.integers(), min_size=1, max_size=3),
    st.integers(0, 2**60),
    st.integers(0, 2**45),
)
def test_only_what_is_there_and_the_same_is_unchanged(before, after, changed_ns, started_ms):
    one, other = (
        None if identity is None else state(*identity, changed_ns=changed_ns)
        for identity in (before, after)
    )
    found = is_written(one, other, started_ms)

    assert (found is Written.MISSING) == (after is None)
    if found is Written.UNCHANGED:
        assert before == after


def test_the_time_for_late_files_is_longer_than_that_for_which_nfs_remembers():
    assert 3 < sum(LOOKS_S) <= 5


def test_the_sentence_names_the_file_and_the_way_out():
    assert "out/x.txt" in fault_of("out/x.txt", Written.MISSING)
    assert "accept_unchanged_outputs" in fault_of("out/x.txt", Written.UNCHANGED)
    assert "{path}" in fault_of("{path}", Written.UNCHANGED)
