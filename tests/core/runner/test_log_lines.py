"""Lines of the runner's log: text, then keys that no job can write."""

from __future__ import annotations

import io
import logging
import re
import resource
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc_core.errors import MachineError
from torc_core.runner import logs
from torc_core.runner.logs import log, log_to_file

FORM = re.compile(
    r"\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ (INFO |WARN|WARNING|ERROR|DEBUG) torc\.runner\] "
)


@pytest.fixture
def lines(tmp_path):
    """Return the lines that were written, without their times."""
    path = tmp_path / "log"
    with log_to_file([str(path)], 0o600, workflow_id=7, run_id=1, compute_node_id=3):
        yield lambda: [FORM.sub("", line) for line in path.read_text().splitlines()]


def test_the_form_is_the_documented_one(tmp_path):
    path = tmp_path / "log"
    with log_to_file([str(path)], 0o600):
        log.info("Job started", job_id=1)
        log.warning("Odd")

    first, second = path.read_text().splitlines()
    assert re.fullmatch(r"\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ INFO  torc\.runner\] .*", first)
    assert re.fullmatch(r"\[.{20} WARNING torc\.runner\] Odd", second)


def test_keys_come_in_one_order_with_those_of_the_runner(lines):
    log.info("Job started", pid=9, attempt_id=2, job_id=5, workflow_id=8)
    log.info("Server answers again")
    log.info("Left out", error=None)

    assert lines() == [
        "Job started workflow_id=8 job_id=5 run_id=1 attempt_id=2 compute_node_id=3 pid=9",
        "Server answers again workflow_id=7 run_id=1 compute_node_id=3",
        "Left out workflow_id=7 run_id=1 compute_node_id=3",
    ]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (3, "3"),
        (0.25, "0.25"),
        ("plain-word/x.y:1", "plain-word/x.y:1"),
        ("", '""'),
        ("two words", '"two words"'),
        ('a "b"', r'"a \"b\""'),
        ("back\\slash x", r'"back\\slash x"'),
        ("x status=failed", r'"x status\x3dfailed"'),
        ("status=failed", r'"status\x3dfailed"'),
        ("a\nJob started workflow_id=1", r'"a\nJob started workflow_id\x3d1"'),
        ("\x1b[31m", r'"\x1b[31m"'),
        ("\u202egnp.exe", r'"\u202egnp.exe"'),
        ("é", '"é"'),
        (OSError(28, "No room"), '"[Errno 28] No room"'),
    ],
)
def test_a_value_is_one_word_or_in_quotes(lines, value, shown):
    log.info("X", name=value)

    assert lines()[0].endswith(f" name={shown}")


@given(st.text(), st.text())
def test_no_value_forges_a_key_or_a_line(value, other):
    record = logging.LogRecord("torc.runner", logging.INFO, "", 0, "Text", (), None)
    record.fields = {"one": value, "two": other}
    line = logs._Lines({"workflow_id": 1}).format(record)

    assert len(line.splitlines()) == 1
    assert re.findall(r"(\w+)=", line) == ["workflow_id", "one", "two"]


def test_a_sentence_of_another_forges_none_either(lines):
    log.info("%s", "x status=failed\nJob completed workflow_id=1")

    (line,) = lines()
    assert line.startswith(r"x status\x3dfailed\nJob completed workflow_id\x3d1 workflow_id=7 ")


def test_secrets_are_masked_in_values_texts_and_tracebacks(lines):
    url = "http://user:hunter2@host/x"
    log.info("Asked", url=url)
    log.info("%s", url)
    log.warning("Failed", error=ConnectionError(url))
    log.warning("Failed", reasons=[url])
    try:
        int(url)
    except ValueError:
        log.exception("Failed")

    text = "\n".join(lines())
    assert "hunter2" not in text
    assert "ValueError" in text


def test_the_first_runner_has_the_first_file_and_others_have_their_own(tmp_path):
    first, own = str(tmp_path / "log"), str(tmp_path / "log_n2")
    with log_to_file([first, str(tmp_path / "log_n1")], 0o600):
        log.info("One")
    with log_to_file([first, own], 0o600):
        log.info("Two")

    assert "One" in Path(first).read_text()
    assert "Two" not in Path(first).read_text()
    assert "Two" in Path(own).read_text()
    assert not (tmp_path / "log_n1").exists()


def test_handlers_of_others_get_records_of_the_usual_form(tmp_path):
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    form = "%(levelname)s %(name)s:%(filename)s:%(lineno)d %(message)s"
    handler.setFormatter(logging.Formatter(form))
    logging.getLogger("torc.runner").addHandler(handler)
    try:
        with log_to_file([str(tmp_path / "log")], 0o600):
            log.warning("Odd", job_id=1)
    finally:
        logging.getLogger("torc.runner").removeHandler(handler)

    assert stream.getvalue() == "WARNING torc.runner::0 Odd\n"


def test_a_file_that_is_named_is_added_to(tmp_path):
    path = tmp_path / "log"
    path.write_text("before\n")
    with log_to_file([str(path)], 0o600):
        log.info("After")

    assert path.read_text().startswith("before\n[")


@pytest.mark.parametrize("name", ["a-file/log", "a-directory"])
def test_a_log_that_cannot_be_created_is_named_with_its_path(tmp_path, name):
    (tmp_path / "a-file").touch()
    (tmp_path / "a-directory").mkdir()

    with pytest.raises(MachineError, match=name), log_to_file([str(tmp_path / name)], 0o600):
        pytest.fail("it was opened")


@contextmanager
def no_room_beyond(size):
    """Let files of this process grow to this size only; a disk that is full does the same."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_lines_for_which_the_disk_has_no_room_are_counted_when_it_has(tmp_path):
    path = tmp_path / "log"
    with log_to_file([str(path)], 0o600) as file:
        log.info("Before")
        with no_room_beyond(path.stat().st_size + 10):  # a part of a line
            log.info("Lost", number=1)
            log.info("Lost", number=2)
        log.info("After")

    lines = path.read_text().splitlines()
    assert [FORM.sub("", line) for line in (lines[0], *lines[2:])] == [
        "Before",
        "After",
        "Lines of this log were lost: its disk had no room count=2",
    ]
    assert len(lines[1]) == 10
    assert file.lost_in_all == 2


def test_every_line_is_written_by_the_one_helper():
    packages = Path(logs.__file__).parent, Path(logs.__file__).parents[1] / "hpc"
    others = [
        path.name
        for package in packages
        for path in package.rglob("*.py")
        if "getLogger(" in path.read_text("utf-8")
    ]

    assert others == ["logs.py"]
