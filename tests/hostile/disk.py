"""Files of a user, full of hostile texts: runs, what is remembered, settings, logs, names."""

from __future__ import annotations

import json
import os
from itertools import cycle
from pathlib import Path

import msgspec
from hostile.payloads import PAYLOADS, rotated
from hostile.structures import built

from torc_core.client import TorcClient
from torc_core.host.directories import runs_directory, state_directory
from torc_core.host.runs.directory import RunMeta
from torc_core.host.runs.status import RunStatus
from torc_core.host.servers.visited import VisitedServer
from torc_core.model.ids import WorkflowId
from torc_core.runner.policy.output_paths import job_stdio
from torc_tui.state.tables.remembered import ListMemory, Memory

_LONGEST_NAME = 200
"""Bytes; what is put before and behind it has to fit in 255."""
BYTES = b"\n".join(
    [
        *(text.encode() for text in PAYLOADS.values()),
        b"\xff\xfe \x9b2J \x90EVIL\x9c \x9d0;EVIL\x07 \xed\xa0\x80 \xc3\x28 \xf8\x88\x80\x80\x80",
        b"10%\r\x1b[K50%\r\x1b[K100% \x1b[31mred EVIL\x1b[0m \x1b[2A\x1b[3Cup\x1b[1B",
    ]
)
"""What a job prints, in UTF-8 and in what is none."""


def file_names() -> list[str]:
    """Return names of files, as far as the file system takes them."""
    possible = (text.replace("/", "").replace("\0", "").encode() for text in PAYLOADS.values())
    whole = [each[:_LONGEST_NAME].decode("utf-8", "ignore") for each in possible]
    return [*whole, os.fsdecode(b"EVIL\xff\x9b2J"), os.fsdecode(b"EVIL\xed\xa0\x80")]


def write_runs(url: str, workflow_id: int) -> None:
    """Make directories of runs: some whole, some with other names in them than their own."""
    for at, name in enumerate(file_names()[::5]):
        texts = cycle(rotated(5 * at))
        directory = runs_directory() / f"20260101T0000{at:02}-wf{workflow_id}-{name}"
        directory.mkdir()
        ended = {"final_status": None if at % 2 else "failed", "process": None}
        meta = built(RunMeta, texts, url=url, workflow_id=workflow_id, token=None, **ended)
        _write(directory / "meta.json", meta)
        _write(directory / "status.json", built(RunStatus, texts, workflow_id=workflow_id))
        (directory / "torc.log").write_bytes(BYTES)
        (directory / "output.log").write_bytes(BYTES)


def write_state(url: str) -> None:
    """Make the files in which the interface remembers things."""
    texts = cycle(PAYLOADS.values())
    lists = {
        name: built(ListMemory, texts, columns=["ID", "Name", "Status"], saved=_saved(texts))
        for name in ("Jobs", "Workflows", "Files")
    }
    _write(state_directory() / "interface.json", built(Memory, texts, lists=lists, list_width=None))
    visited = [built(VisitedServer, texts, url=url) for _ in range(20)]
    visited += [built(VisitedServer, texts) for _ in range(20)]
    _write(state_directory() / "servers.json", {"servers": visited})
    _write(state_directory() / "recent_files.json", list(PAYLOADS.values()))


def _saved(texts: cycle[str]) -> dict[str, object]:
    saved = built(ListMemory, texts)["saved"]
    one = next(iter(saved.values()))
    return dict.fromkeys(PAYLOADS.values(), one)


def write_settings(directory: Path, url: str) -> None:
    """Make a configuration file in which servers have hostile names."""
    tables = [f"[client.servers.{_toml(text)}]\nurl = {_toml(url)}\nuser = {_toml(text)}\n"
              for text in rotated(0)[:30]]  # fmt: skip
    directory.mkdir(parents=True)
    (directory / "config.toml").write_text("".join(tables), "utf-8")


def write_logs(client: TorcClient, workflow_id: int, output: Path) -> None:
    """Make the output of all jobs that have ended."""
    for result in client.list_results(WorkflowId(workflow_id)).items:
        stem = job_stdio(
            str(output), result.workflow_id, result.job_id, result.run_id, result.attempt_id
        )
        Path(stem).parent.mkdir(parents=True, exist_ok=True)
        for ending in ("o", "e"):
            Path(f"{stem}.{ending}").write_bytes(BYTES)


def write_specs(directory: Path) -> None:
    """Make workflow files with hostile names and contents."""
    for at, name in enumerate(file_names()):
        text = list(PAYLOADS.values())[at % len(PAYLOADS)]
        jobs = [{"name": text, "command": text, "depends_on": [text + "x"]}, {text: text}]
        path = os.fsencode(directory) + b"/" + os.fsencode(name) + b".yaml"
        Path(os.fsdecode(path)).write_text(json.dumps({"name": text, "jobs": jobs}), "utf-8")


def _write(path: Path, content: object) -> None:
    path.write_bytes(msgspec.json.encode(content))


def _toml(text: str) -> str:
    escaped = (
        each if each.isprintable() and each not in '"\\' else f"\\U{ord(each):08x}" for each in text
    )
    return f'"{"".join(escaped)}"'
