"""With `--format json` every error is one line of JSON, whatever ends the command."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from bad_input.commands import ASKING, LEAVES, WORKFLOW_FILE
from cli.running import run_here
from core.client.raw_server import SILENCE, RawServer
from forks.processes import Process
from waiting import wait_for

EXPORT = Path(__file__).parents[1] / "data" / "exports" / "reference_1.0.json"
NOWHERE = "http://127.0.0.1:9/torc-service/v1"
ALSO_PRINTED = {"ping", "recover"}
"""Commands that print a document besides."""


@pytest.fixture(autouse=True)
def _files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "w.yaml").write_text(WORKFLOW_FILE)
    (tmp_path / "w.json").write_bytes(EXPORT.read_bytes())


def error_of(text):
    """Return the error, which is the last line."""
    return json.loads(text.splitlines()[-1])["error"]


@pytest.mark.parametrize("path", LEAVES, ids=" ".join)
@pytest.mark.parametrize("where", ["before", "behind"])
def test_wrong_usage(path, where):
    chosen = ("-f", "json")
    line = (*chosen, *path) if where == "before" else (*path, *chosen)

    ended = run_here(*line, "--no-such-option")

    assert (ended.code, ended.out) == (2, "")
    error = error_of(ended.err)
    assert (error["code"], error["exit_code"]) == ("invalid", 2)
    assert "--no-such-option" in error["message"]
    assert error["hint"].endswith("--help")


@pytest.mark.parametrize("words", ASKING, ids=" ".join)
def test_no_server(words):
    ended = run_here("-f", "json", *words, "--url", NOWHERE)

    assert ended.code == 6
    assert bool(ended.out) is (words[0] in ALSO_PRINTED)
    error = error_of(ended.err)
    assert (error["code"], error["exit_code"]) == ("unreachable", 6)
    assert NOWHERE in error["message"]


@pytest.mark.parametrize(
    "words",
    [("workflows", "list"), ("events", "monitor", "1"), ("run", "1"), ("ping",)],
    ids=" ".join,
)
def test_ctrl_c(words):
    with RawServer(lambda _: SILENCE) as server:
        command = [sys.executable, "-m", "torc_tui", "-f", "json", *words, "--url", server.url]
        with Process(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as waiting:
            wait_for(lambda: server.received, "a request")
            waiting.send_signal(signal.SIGINT)
            out, err = waiting.communicate(timeout=100)

    assert (waiting.returncode, out) == (130, "")
    assert error_of(err) == {"code": "interrupted", "message": "interrupted", "exit_code": 130}
