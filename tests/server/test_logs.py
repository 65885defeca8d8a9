"""Logs: one record is one line, whatever foreign text is in it."""

from __future__ import annotations

import json
import logging

import pytest

from torc_core.errors import UsageError
from torc_server.logs import JsonFormatter, LineFormatter, configure_logging

HOSTILE = "name\n2026-01-01 INFO forged\x1b]52;c;x\x07\u202e"


def record(message, **options):
    return logging.LogRecord("torc", logging.INFO, "f.py", 1, message, None, **options)


@pytest.fixture(autouse=True)
def _restored_root():
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    for handler in root.handlers:
        if handler not in handlers:
            handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)


def test_foreign_text_can_neither_add_lines_nor_reach_the_terminal():
    line = LineFormatter().format(record(HOSTILE, exc_info=None))

    assert line.isprintable()
    assert r"name\n2026" in line
    assert r"\x1b]52" in line


def test_json_records_hold_the_message_as_it_is():
    entry = json.loads(JsonFormatter().format(record(HOSTILE, exc_info=None)))

    assert entry["message"] == HOSTILE
    assert entry["level"] == "INFO"


def test_a_directory_gets_a_file_of_its_own(tmp_path):
    configure_logging("warning", tmp_path / "logs", as_json=True)
    logging.getLogger("torc").warning("kept")
    logging.getLogger("torc").info("dropped")

    written = (tmp_path / "logs" / "torc-server.log").read_text().splitlines()

    assert [json.loads(line)["message"] for line in written] == ["kept"]


def test_an_unknown_level_is_refused_with_the_known_ones():
    with pytest.raises(UsageError) as refused:
        configure_logging("loud", None, as_json=False)

    assert "debug" in refused.value.hint


def test_json_records_about_a_request_have_its_span():
    about = record("answered", exc_info=None)
    about.span_id = "abc-1"

    assert json.loads(JsonFormatter().format(about))["span_id"] == "abc-1"
    assert "span_id" not in json.loads(JsonFormatter().format(record("other", exc_info=None)))
