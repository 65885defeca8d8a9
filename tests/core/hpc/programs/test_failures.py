"""What a failing program of Slurm means; its words are those of 22.05 and of its source."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc_core.characters import is_shown
from torc_core.errors import (
    AccessError,
    ConflictError,
    MachineError,
    NoAnswerError,
    UnreachableError,
    UsageError,
)
from torc_core.hpc.slurm.programs.failures import (
    cleaned,
    failure_of,
    is_accounting_disabled,
    is_unknown_job,
)

FAILED = "sbatch: error: Batch job submission failed: "


@pytest.mark.parametrize(
    ("program", "stderr", "error", "word"),
    [
        (
            "squeue",
            "slurm_load_jobs error: Unable to contact slurm controller (connect failure)",
            UnreachableError,
            "controller does not answer squeue",
        ),
        (
            "sacct",
            "sacct: error: Problem talking to the database: Connection refused",
            UnreachableError,
            "accounting does not answer",
        ),
        (
            "sbatch",
            FAILED + "Socket timed out on send/recv operation",
            NoAnswerError,
            "did not answer sbatch",
        ),
        (
            "squeue",
            "squeue: fatal: Could not establish a configuration source",
            MachineError,
            "no configuration",
        ),
        ("sbatch", FAILED + "Protocol authentication error", MachineError, "credentials"),
        ("sbatch", FAILED + "Invalid partition name specified", UsageError, "the partition"),
        (
            "sbatch",
            FAILED + "Invalid account or account/partition combination specified",
            UsageError,
            "the account",
        ),
        ("sbatch", FAILED + "Invalid qos specification", UsageError, "the QOS"),
        ("sbatch", "sbatch: error: Invalid --time specification", UsageError, "the walltime"),
        ("sbatch", FAILED + "Requested time limit is invalid", UsageError, "the walltime"),
        (
            "sbatch",
            FAILED + "Requested node configuration is not available",
            UsageError,
            "asks for",
        ),
        (
            "sbatch",
            (
                f"{FAILED}Job violates accounting/QOS policy "
                "(job submit limit, user's size and/or time limits)"
            ),
            ConflictError,
            "a limit of the account",
        ),
        ("sbatch", "sbatch: unrecognized option '--foo'", UsageError, "unrecognized option"),
        (
            "scancel",
            "scancel: error: Kill job error on job id 1: Access/permission denied",
            AccessError,
            "does not allow",
        ),
        ("sinfo", "", MachineError, "exit code 1, without a word"),
    ],
)
def test_different_failures_are_different_errors(program, stderr, error, word):
    failure = failure_of(program, 1, stderr)
    assert type(failure) is error
    assert word in failure.message
    assert failure.hint


def test_slurms_own_words_are_kept_once_and_without_its_name():
    said = (
        "sbatch: error: invalid partition specified: nopart\n"
        "sbatch: error: Batch job submission failed: Invalid partition name specified\n"
    )
    words = "invalid partition specified: nopart; Invalid partition name specified"
    assert failure_of("sbatch", 1, said).message.endswith(words)
    assert failure_of("sbatch", 1, said).details["words"] == words


@given(st.text(max_size=10_000))
def test_words_are_one_line_that_a_terminal_shows_as_it_is(text):
    assert is_shown(cleaned(text))
    assert len(cleaned(text)) <= 2_000


def test_disabled_accounting_is_told_from_one_that_does_not_answer():
    assert is_accounting_disabled("Slurm accounting storage is disabled\n")
    assert not is_accounting_disabled("sacct: error: Connection refused")


def test_jobs_that_are_over_are_told_from_a_controller_that_is_down():
    over = "scancel: error: Kill job error on job id 7: Invalid job id specified\n"
    assert is_unknown_job(over)
    assert is_unknown_job("slurm_load_jobs error: Invalid job id specified")
    assert not is_unknown_job(over + "scancel: error: Unable to contact slurm controller\n")
    assert not is_unknown_job("")
