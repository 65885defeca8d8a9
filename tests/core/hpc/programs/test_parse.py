"""What Slurm's programs print; the texts with a version were printed by it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc_core.hpc.slurm.programs.argv import (
    ACCOUNTING_COLUMNS,
    FIELD_END,
    QUEUE_COLUMNS,
    RECORD_START,
    sacct,
    squeue,
)
from torc_core.hpc.slurm.programs.parse import (
    accounting_rows,
    parse_accounting,
    parse_exit_code,
    parse_queue,
    parse_submitted,
    parse_time_left,
)
from torc_core.hpc.slurm.programs.states import Phase

QUEUE_22_05 = (
    "\x1e8\x1fPENDING\x1fPartitionNodeLimit\x1f1795967550\x1fN/A\x1f1:00:00\x1f\x1f(null)\x1fb\n"
    "\x1e7_[1-2]\x1fPENDING\x1fJobHeldUser\x1fN/A\x1fN/A\x1f5:00\x1f\x1f(null)\x1fb\n"
    "\x1e6\x1fRUNNING\x1fNone\x1f1795967551\x1f1795967554\x1f59:57\x1fn1"
    "\x1fa \n b\x1fa\nb|c\x1fd\n"
)
ACCOUNTING_22_05 = (
    "6\x1fFAILED\x1f3:0\x1fn1\n"
    "7\x1fPENDING\x1f0:0\x1fNone assigned\n"
    "8\x1fCANCELLED by 0\x1f0:15\x1fn[1-2]\n"
)


def test_the_queue_is_read_whatever_users_call_their_jobs():
    waiting, array, running = parse_queue(QUEUE_22_05)
    assert (waiting.id, waiting.state.phase, waiting.reason) == (
        8,
        Phase.PENDING,
        "PartitionNodeLimit",
    )
    assert (waiting.submitted, waiting.start) == (1795967550.0, None)
    assert (waiting.nodes, waiting.comment) == (None, None)
    assert (array.id, array.time_left_s) == (7, 300)
    assert (running.start, running.time_left_s, running.nodes) == (1795967554.0, 3597, "n1")
    assert (running.comment, running.name) == ("a \n b", "a\nb|c\x1fd")


def test_accounting_is_read_with_its_exit_codes():
    failed, pending, canceled = parse_accounting(ACCOUNTING_22_05)
    assert (failed.exit_code, failed.nodes) == (3, "n1")
    assert pending.nodes is None
    assert (canceled.state.name, canceled.exit_code) == ("CANCELLED", 143)


ORDINARY = st.text(st.characters(exclude_characters="\x1e\x1f", exclude_categories=["Cs"]))


@given(st.lists(st.tuples(st.integers(1, 10**9), ORDINARY, ORDINARY), max_size=5))
def test_ids_comments_and_names_of_the_queue_are_read_back(jobs):
    text = "".join(
        RECORD_START
        + FIELD_END.join(
            [str(number), "RUNNING", "None", "N/A", "N/A", "1:00", "n1", comment, name]
        )
        + "\n"
        for number, comment, name in jobs
    )
    found = parse_queue(text)
    assert [job.id for job in found] == [number for number, _, _ in jobs]
    assert [job.name for job in found] == [name for _, _, name in jobs]
    nothing = {"", "(null)", "N/A", "Unknown", "None", "None assigned", "NONE", "n/a"}
    assert [job.comment for job in found] == [
        None if comment in nothing else comment for _, comment, _ in jobs
    ]


@given(st.text())
def test_no_text_whatever_is_an_error(text):
    for job in parse_queue(RECORD_START + text):
        assert job.id >= 0
    for account in parse_accounting(text):
        assert account.id >= 0
    parse_exit_code(text)
    parse_submitted(text)


@given(st.lists(st.tuples(st.integers(1, 10**9), ORDINARY), max_size=5))
def test_rows_of_accounting_are_read_back_with_line_breaks_in_the_last_column(jobs):
    text = "".join(f"{number}{FIELD_END}{name}\n" for number, name in jobs)
    rows = list(accounting_rows(text, ("JobIDRaw", "JobName")))
    assert rows == [{"JobIDRaw": str(number), "JobName": name} for number, name in jobs]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("0:0", 0),
        ("3:0", 3),
        ("0:9", 137),
        ("7", 7),
        ("", None),
        ("x:y", None),
    ],
)
def test_an_exit_code_is_that_of_a_shell(text, code):
    assert parse_exit_code(text) == code


@pytest.mark.parametrize(("text", "code"), [("0:125", None), ("1:125", 1)])
def test_a_mark_of_slurm_in_place_of_a_signal_is_no_exit_code(text, code):
    assert parse_exit_code(text) == code


@pytest.mark.parametrize(
    ("text", "job_id"),
    [("12\n", 12), ("12;cluster\n", 12), ("a note of the site\n12\n", 12), ("", None)],
)
def test_the_id_of_a_submission_is_read(text, job_id):
    assert parse_submitted(text) == job_id


def test_all_jobs_are_asked_for_in_one_call_each():
    assert squeue([7, 9])[3] == "--jobs=7,9"
    assert "--me" in squeue(None)
    assert squeue([7])[-1].count(FIELD_END) == len(QUEUE_COLUMNS) - 1
    assert sacct([7, 9])[-2:] == ["--jobs=7,9", f"--format={','.join(ACCOUNTING_COLUMNS)}"]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1-02:03:04\n", 93_784),
        ("2:03:04", 7_384),
        ("03:04", 184),
        ("UNLIMITED", None),
        ("INVALID", None),
        ("", None),
    ],
)
def test_time_left_is_read_as_squeue_writes_it(text, seconds):
    assert parse_time_left(text) == seconds
