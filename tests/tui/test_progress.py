"""The state of a workflow in a word, a bar and a line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc_core.model.status import JobStatus, ending_of
from torc_core.model.workflow import Workflow, WorkflowStatus
from torc_core.operations.facts import count, percent_completed
from torc_tui.lists.job_counts import state_of
from torc_tui.state.head.headline import ServerState, breadcrumb, headline, progress_line
from torc_tui.state.head.progress import bar, tally
from torc_tui.theme import JOB_LOOK, QUIET, WORKFLOW_LOOK, Cell

COUNTS = st.dictionaries(st.sampled_from([str(each) for each in JobStatus]), st.integers(0, 10**6))


@given(COUNTS, st.integers(10, 200))
def test_a_bar_has_its_width_and_shows_whatever_there_is(counts, width):
    parts = bar(counts, width)
    text = "".join(part.text for part in parts)

    assert len(text) == width
    if counts.get(JobStatus.FAILED):
        assert "x" in text
    if counts.get(JobStatus.COMPLETED):
        assert "━" in text


@given(COUNTS)
def test_every_state_has_a_look_and_only_the_end_is_a_hundred_percent(counts):
    assert state_of(counts) in WORKFLOW_LOOK
    open_jobs = counts.get(JobStatus.READY, 0) + counts.get(JobStatus.RUNNING, 0)
    if open_jobs:
        assert percent_completed(counts) < 100


@given(COUNTS)
def test_a_hundred_percent_is_success(counts):
    unsuccessful = sum(counts.get(each, 0) for each in ("failed", "canceled", "terminated"))
    if percent_completed(counts) == 100:
        assert not unsuccessful
        assert ending_of(counts) == "is complete"


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ({"completed": 3, "disabled": 1}, "is complete"),
        ({"completed": 3, "failed": 0}, "is complete"),
        ({"completed": 3, "failed": 1}, "ended with failures"),
        ({"completed": 3, "terminated": 1, "canceled": 2}, "ended with failures"),
        ({"completed": 3, "canceled": 1}, "ended with canceled jobs"),
    ],
)
def test_only_success_is_called_complete(counts, said):
    assert ending_of(counts) == said


@pytest.mark.parametrize(
    ("counts", "state"),
    [
        ({}, "empty"),
        ({"uninitialized": 2}, "new"),
        ({"ready": 1, "blocked": 5}, "ready"),
        ({"running": 1, "failed": 5}, "running"),
        ({"completed": 5, "failed": 1}, "failed"),
        ({"completed": 5, "disabled": 1}, "done"),
        ({"completed": 1, "canceled": 1}, "canceled"),
        ({"canceled": 1, "blocked": 3}, "canceled"),
        ({"canceled": 1, "ready": 3}, "ready"),
        ({"failed": 1, "canceled": 4}, "failed"),
        ({"failed": 1, "canceled": 4, "ready": 1}, "ready"),
    ],
)
def test_the_word_for_a_workflow(counts, state):
    assert state_of(counts) == state


def test_a_bar_tells_running_from_pending_jobs_without_colour():
    counts = {"completed": 2, "running": 3, "pending": 2, "failed": 1, "ready": 2}

    assert "".join(part.text for part in bar(counts, 10)) == "━━╍╍╍┄┄x··"


def test_every_status_is_told_apart_without_colour():
    looks = {(look.glyph, look.letter) for look in JOB_LOOK.values()}

    assert set(JOB_LOOK) == set(JobStatus)
    assert len(looks) == len(JOB_LOOK)


def test_the_head_says_where_one_is_and_whether_the_server_answers():
    workflow = Workflow(id=42, name="ens\x1b[2J", user="me")
    status = WorkflowStatus(is_canceled=False, run_id=3)
    parts = breadcrumb(workflow, status, "Jobs")

    assert parts == ["torc", "ens␛[2J #42", "run 3", "Jobs"]
    for is_up, said in ((True, "● host:1"), (False, "no answer from host:1"), (None, "○ host:1")):
        link = ServerState("http://host:1/torc-service/v1", is_up, "me", 5)
        text = "".join(cell.text for cell in headline(parts, link, 80))
        assert said in text
        assert len(text) == 80


@pytest.mark.parametrize("is_up", [None, True])
@pytest.mark.parametrize("url", [None, "http://host:1/torc-service/v1"])
def test_the_head_says_that_an_answer_takes_long(url, is_up):
    server = ServerState(url, is_up=is_up, user="me", is_late=True)
    text = "".join(cell.text for cell in headline(["torc", "Workflows"], server, 60))

    assert f"○ waiting for {'host:1' if url else 'server'}" in text
    assert len(text) == 60


def test_counts_of_a_cancelled_workflow():
    workflow = Workflow(id=1, name="w", user="me", job_counts={"canceled": 2, "ready": 1})
    first, second = progress_line(workflow, WorkflowStatus(is_canceled=True, run_id=1), 80)

    assert "- canceled" in first[0].text
    assert [cell.text.strip() for cell in second[1:]] == ["○ 1 ready", "- 2 canceled"]


def test_counts_are_told_in_the_order_in_which_they_matter():
    counts = dict.fromkeys([str(each) for each in JobStatus], 1000)
    cells = tally(counts, 300)

    assert [cell.text for cell in cells] == [
        "✓ 1,000 completed  ", "✗ 1,000 failed  ", "? 1,000 pending_failed  ",
        "! 1,000 terminated  ", "▶ 1,000 running  ", "◌ 1,000 pending  ", "○ 1,000 ready  ",
        "· 1,000 blocked  ", "- 1,000 canceled  ", "- 1,000 disabled  ", "· 1,000 uninitialized  ",
    ]  # fmt: skip
    assert [cell.tone for cell in cells] == [JOB_LOOK[cell.text.split()[2]].tone for cell in cells]
    assert tally({"ready": 0, "running": 2}, 11) == [Cell("▶ 2 running  ", "yellow")]


def test_counts_that_do_not_fit_are_told_by_glyph_and_letter():
    counts = {"completed": 22, "failed": 3, "canceled": 1}

    assert tally(counts, 40)[0].text == "✓ 22 completed  "
    assert [cell.text for cell in tally(counts, 39)] == ["✓C 22  ", "✗F 3  ", "-K 1  "]


def test_the_time_left_comes_before_the_number_of_jobs():
    workflow = Workflow(id=1, name="w", user="me", job_counts={"completed": 21, "running": 22})
    for width, has_jobs in ((80, True), (58, False)):
        first, _ = progress_line(workflow, None, width, "50m 00s to 5h 11m left")
        text = "".join(cell.text for cell in first)
        assert len(text) <= width
        assert text.endswith("5h 11m left")
        assert ("of 43 jobs" in text) is has_jobs


@pytest.mark.parametrize(
    ("counts", "text"),
    [
        ({}, "··········"),
        ({"completed": 5}, "━━━━━━━━━━"),
        ({"completed": 1, "ready": 1}, "━━━━━·····"),
        ({"completed": 1, "ready": 999}, "━·········"),
        ({"completed": 999, "failed": 1}, "━━━━━━━━━x"),
        ({"terminated": 1, "canceled": 1, "pending_failed": 1, "ready": 1}, "xxxxxxx···"),
        ({"completed": 1, "running": 1, "pending": 1, "failed": 1, "ready": 10**6}, "━╍┄x······"),
        ({"disabled": 1, "ready": 1}, "··········"),
    ],
)
def test_a_bar(counts, text):
    parts = bar(counts, 10)

    assert "".join(part.text for part in parts) == text
    tones = {"━": "green", "╍": "yellow", "┄": "blue", "x": "red", "·": QUIET}
    assert all(part.tone == tones[part.text[0]] for part in parts if part.text)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({}, 0),
        ({"ready": 2}, 0),
        ({"completed": 1, "ready": 2}, 33),
        ({"completed": 2, "ready": 1}, 66),
        ({"completed": 999, "ready": 1}, 99),
        ({"completed": 1, "failed": 1, "canceled": 1, "terminated": 1, "disabled": 1}, 40),
        ({"completed": 1, "disabled": 1}, 100),
    ],
)
def test_percent(counts, expected):
    assert percent_completed(counts) == expected


def test_a_count_is_of_the_statuses_that_are_named():
    counts = {"completed": 3, "failed": 4, "ready": 5}

    assert count(counts, {JobStatus.FAILED, JobStatus.READY}) == 9
    assert count(counts, {JobStatus.RUNNING}) == 0


@pytest.mark.parametrize(
    ("counts", "state"),
    [
        ({"completed": 2}, "canceled"),
        ({}, "empty"),
        ({"ready": 0}, "empty"),
        ({"running": 1}, "canceled"),
    ],
)
def test_a_workflow_that_is_known_to_be_canceled(counts, state):
    assert state_of(counts, is_canceled=True) == state


@pytest.mark.parametrize(
    ("counts", "state"),
    [
        ({"pending": 1, "completed": 1}, "running"),
        ({"terminated": 1, "completed": 1}, "failed"),
        ({"canceled": 1, "uninitialized": 1}, "reset"),
        ({"completed": 5, "uninitialized": 1}, "reset"),
        ({"failed": 1, "uninitialized": 1, "blocked": 1}, "reset"),
        ({"ready": 1, "uninitialized": 1}, "ready"),
        ({"disabled": 1, "uninitialized": 1}, "new"),
        ({"canceled": 1, "pending_failed": 1}, "ready"),
        ({"blocked": 1}, "ready"),
        ({"disabled": 2}, "done"),
    ],
)
def test_more_words_for_a_workflow(counts, state):
    assert state_of(counts) == state
