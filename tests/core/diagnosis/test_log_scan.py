"""Errors in logs: what is one, where, and in how much memory they are found."""

from __future__ import annotations

import tracemalloc

import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from torc_core.diagnosis.log_patterns import LOG_PATTERNS, LogGroup, Severity
from torc_core.diagnosis.log_scan import (
    KEPT,
    KEPT_OF_A_FILE,
    LONGEST_LINE,
    SHOWN_OF_A_LINE,
    FirstError,
    LogScan,
    first_error,
    whole_lines,
)

LINES = {
    "torc: The job exited with 0 but did not write its output file x.": "Output file not written",
    "torc: The job exited with 0 but left its output file x as it was": "Output file not written",
    "torc: The job was stopped: the runner was interrupted.": "Stopped by the runner",
    "slurmstepd: error: Detected 1 oom-kill event(s) in StepId=1.batch": "Out of Memory (OOM) Kill",
    "Memory cgroup out of memory: Killed process 12 (python)": "Out of Memory (OOM) Kill",
    "[Sun Nov 29 16:12:39 2026] x invoked oom-killer: order=0": "Out of Memory (OOM) Kill",
    "[Sun Nov 29 16:12:39 2026] oom-kill:constraint=CONSTRAINT_MEMCG": "Out of Memory (OOM) Kill",
    "[Sun Nov 29 16:12:39 2026]  oom_kill_process.cold+0x8/0x8a": None,
    "slurmstepd: error: Exceeded job memory limit": "Memory limit exceeded",
    "slurmstepd: error: task/cgroup: task[0]: Killed": "Memory limit exceeded",
    "MemoryError: Unable to allocate 8.00 GiB": "Python MemoryError",
    "numpy.core._exceptions._ArrayMemoryError: Unable": "Python MemoryError",
    "terminate called after throwing an instance of 'std::bad_alloc'": "C++ std::bad_alloc",
    "bash: fork: Cannot allocate memory": "Out of memory",
    "RuntimeError: CUDA out of memory. Tried to allocate 2 GiB": "CUDA out of memory",
    "torch: CUDA error: out of memory": "CUDA out of memory",
    "RuntimeError: CUDA error: invalid device ordinal": "CUDA error",
    "GPU memory usage of 30 GiB exceeded": "GPU memory exceeded",
    "*** JOB 12 ON n1 CANCELLED AT 2026-01-01 DUE TO TIME LIMIT ***": "Slurm time limit",
    "*** JOB 12 ON n1 CANCELLED AT 2026-01-01 DUE TO PREEMPTION ***": "Slurm preemption",
    "*** JOB 12 ON n1 CANCELLED DUE TO NODE FAILURE ***": "Slurm node failure",
    "slurmstepd: error: *** JOB 12 ON n1 CANCELLED AT 2026-01-01 ***": "Slurm cancellation",
    "slurmstepd: error: *** STEP 12.0 ON n1 CANCELLED AT 2026-01-01 ***": "Slurm cancellation",
    "srun: error: n1: task 0: Exited with exit code 1": "srun error",
    "slurmstepd: error: something": "Slurm step error",
    "slurmstepd-n1: error: something": "Slurm step error",
    "Segmentation fault (core dumped)": "Segmentation fault",
    "python[12]: segfault at 0 ip 0": "Segmentation fault",
    "Bus error": "Bus error",
    "Killed": "Killed by a signal",
    "/bin/bash: line 1:  4242 Killed                  python x.py": "Killed by a signal",
    "process was killed by signal 9": "Killed by a signal",
    "thread 'main' panicked at src/main.rs:2:5:": "Panic",
    "Traceback (most recent call last):": "Python traceback",
    "ModuleNotFoundError: No module named 'x'": "Python import error",
    "ValueError: bad": "Python exception",
    "KeyboardInterrupt": None,
    "json.decoder.JSONDecodeError: Expecting value\r": "Python exception",
    "cp: error writing 'x': No space left on device": "No space left",
    "write: Disk quota exceeded": "Disk quota exceeded",
    "touch: cannot touch 'x': Read-only file system": "Read-only file system",
    "bash: ./x: Permission denied": "Permission denied",
    "cat: x: No such file or directory": "File not found",
    "FileNotFoundError: [Errno 2] x": "File not found",
    "curl: (7) Failed to connect: Connection refused": "Connection refused",
    "ssh: connect to host x: Connection timed out": "Connection timed out",
    "connect: Network is unreachable": "Network unreachable",
    "bash: line 1: frobnicate: command not found": "Command not found",
    "[2026-01-02T03:04:05Z ERROR torc.runner] Runner failed": "Runner error",
    "[2026-01-02T03:04:05Z WARN  torc.runner] x": "Runner warning",
    "[2026-01-02T03:04:05Z WARNING torc.runner] x": "Runner warning",
    "[2026-01-02T03:04:05Z INFO  torc.runner] Job started": None,
    "error: it did not work": "Error message",
    "make: Fatal: it did not work": "Error message",
    "the error is 0.25 percent": None,
    "mean error: 0.1": None,
    "0 errors, 0 warnings": None,
    "Room 101 is blocked": None,
    "out of time": None,
    "": None,
}


def scanned(*texts: bytes, is_slurm=False) -> LogScan:
    scan = LogScan()
    for number, text in enumerate(texts):
        scan.add(f"file{number}", [text], is_slurm=is_slurm)
    return scan


@pytest.mark.parametrize(("line", "name"), LINES.items())
def test_a_line_is_named_by_the_first_pattern_that_it_matches(line, name):
    assert [each.pattern_name for each in scanned(line.encode()).issues] == [name] * bool(name)


def test_warnings_are_left_alone_on_request():
    scan = LogScan(errors_only=True)
    scan.add("file", [b"DUE TO PREEMPTION\nBus error\n"], is_slurm=True)

    assert [each.pattern_name for each in scan.issues] == ["Bus error"]
    assert (scan.total, scan.warnings, scan.files_with_issues) == (1, 0, 1)


@pytest.mark.parametrize("line", [b"FAILED", b"State: TIMEOUT"])
def test_states_of_slurm_are_found_only_where_slurm_writes(line):
    assert scanned(line).issues == []
    assert [each.pattern_name for each in scanned(line, is_slurm=True).issues] == ["Slurm state"]


def test_the_table_has_the_groups_of_the_documentation():
    assert {each.group for each in LOG_PATTERNS} == set(LogGroup)
    assert len(LogGroup) >= 7
    assert len({each.name for each in LOG_PATTERNS}) == len(LOG_PATTERNS)
    for each in LOG_PATTERNS:
        re2.compile(each.pattern)


def test_lines_are_numbered_from_one_in_each_file():
    scan = scanned(b"a\n\nMemoryError\nb\nBus error\nBus error", b"x\nBus error\n")

    found = [(each.file, each.line_number, each.line_content) for each in scan.issues]
    assert found == [
        ("file0", 3, "MemoryError"),
        ("file0", 5, "Bus error"),
        ("file0", 6, "Bus error"),
        ("file1", 2, "Bus error"),
    ]
    assert scan.by_pattern == {"Python MemoryError": 1, "Bus error": 3}
    assert (scan.files, scan.files_with_issues, scan.total) == (2, 2, 4)
    assert scan.by_severity == {Severity.CRITICAL: 4}


def test_colors_do_not_hide_the_beginning_of_a_word():
    scan = scanned(b"\x1b[1;31mBus error\x1b[0m\n\x1b[31mKilled\x1b[K\n")

    found = [(each.pattern_name, each.line_content) for each in scan.issues]
    assert found == [("Bus error", "Bus error"), ("Killed by a signal", "Killed")]


def test_an_issue_says_what_it_has_to_do_with_and_how_bad_it_is():
    found = [(each.group, each.severity) for each in scanned(b"Bus error\nImportError").issues]

    assert found == [("crash", "critical"), ("python", "error")]


def test_long_logs_are_cut_between_lines():
    text = b"Bus error\n" * 20_000
    scan = LogScan()
    scan.add("f", (text[at : at + 1_001] for at in range(0, len(text), 1_001)), is_slurm=False)

    assert scan.total == 20_000
    assert [each.line_number for each in scan.issues] == list(range(1, KEPT_OF_A_FILE + 1))


def test_an_empty_line_at_the_beginning_is_the_first():
    assert [each.line_number for each in scanned(b"\nBus error\n").issues] == [2]


def test_a_line_with_several_errors_counts_once():
    assert scanned(b"Bus error, Permission denied, MemoryError").total == 1


def test_all_errors_are_counted_and_some_are_kept():
    scan = LogScan()
    for number in range(30):
        scan.add(f"f{number}", [b"Bus error\n" * 150], is_slurm=False)

    assert scan.total == 30 * 150
    assert len(scan.issues) == KEPT
    assert sum(each.file == "f0" for each in scan.issues) == KEPT_OF_A_FILE


def test_what_is_shown_of_a_line_is_short_and_holds_the_error():
    (issue,) = scanned(b"a" * 20_000 + b" MemoryError " + b"b" * 20_000).issues

    assert "MemoryError" in issue.line_content
    assert len(issue.line_content) <= SHOWN_OF_A_LINE


def test_bytes_that_are_no_text_are_no_obstacle():
    (issue,) = scanned(b"\xff\xfe GPU memory \xff exceeded \x00").issues

    assert issue.pattern_name == "GPU memory exceeded"
    issue.line_content.encode()


@given(st.lists(st.binary(max_size=30).map(lambda b: b.replace(b"b", b"\n"))))
def test_blocks_of_whole_lines_are_the_same_bytes(blocks):
    found = list(whole_lines(blocks))

    assert b"".join(found) == b"".join(blocks)
    assert all(block.endswith(b"\n") for block in found[:-1])


@given(st.lists(st.sampled_from([*LINES, "x" * 50]), max_size=20), st.integers(1, 100))
def test_how_a_log_is_cut_into_blocks_changes_nothing(lines, size):
    text = "\n".join(lines).encode()
    whole, cut = LogScan(), LogScan()
    whole.add("f", [text], is_slurm=False)
    cut.add("f", [text[at : at + size] for at in range(0, len(text), size)], is_slurm=False)

    assert cut.issues == whole.issues
    assert whole.total == sum(LINES.get(line) is not None for line in lines)


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_can_be_searched(text, is_slurm):
    scan = scanned(text, is_slurm=is_slurm)

    assert scan.total == len(scan.issues)


def test_a_line_without_end_takes_no_more_memory_than_a_short_one():
    block = b"no error here, " * 4_000
    tracemalloc.start()
    scan = LogScan()
    scan.add("f", (block for _ in range(500)), is_slurm=False)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 8 * (LONGEST_LINE + len(block))
    assert scan.total == 0


NOISE = b"a line\n" * 20_000


@pytest.mark.parametrize(
    ("log", "offset", "name"),
    [
        (b"ValueError: bad\n", 0, "Python exception"),
        (NOISE + b"x\n\x1b[31mKilled\x1b[0m\nBus error\n", len(NOISE) + 2, "Killed by a signal"),
        (b"[x WARN torc] y\nBus error", 16, "Bus error"),
        (b"y" * 3 * LONGEST_LINE + b"\nBus error\n", 3 * LONGEST_LINE + 1, "Bus error"),
    ],
)
def test_the_first_error_is_where_its_line_starts(log, offset, name):
    for step in (len(log), 100_000, 4_099):
        blocks = [log[at : at + step] for at in range(0, len(log), step)]
        assert first_error(blocks) == FirstError(offset, name)


@pytest.mark.parametrize("log", [b"", b"fine\n", b"[x WARN torc] y\n", b"job FAILED\n"])
def test_without_an_error_there_is_no_first_one(log):
    assert first_error([log]) is None
