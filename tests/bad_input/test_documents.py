"""Exported workflows and configuration files that are wrong."""

from __future__ import annotations

import json

import pytest
from bad_input.commands import WORKFLOW_FILE

JOBS = [{"id": 1, "workflow_id": 1, "name": "a", "command": "true", "depends_on_job_ids": [2]}]
DOCUMENTS = {
    "4 empty": (b"", "byte 0"),
    "5 bytes": (b"\x7fELF\0\xff", "byte 0"),
    "5 UTF-16": ('{"export_version": "1.0"}'.encode("utf-16"), "byte 0"),
    "6 Latin-1": (b'{"export_version": "1.0", "workflow": {"name": "\xe9"}}', "workflow"),
    "8 cut off": (b'{"export_version": "1.0", "workflow": {', "byte 38"),
    "8 YAML": (WORKFLOW_FILE.encode(), "byte 0"),
    "9 a key": (b'{"export_version": "1.0", "export_version": "1.0"}', "export_version"),
    "10 another version": (b'{"export_version": "9.0"}', "9.0"),
    "11 a number": ({"jobs": 7}, "byte 74"),
    "11 of a record": ({"jobs": [{"id": "x"}]}, "jobs[0]"),
    "12 no workflow": (b'{"export_version": "1.0"}', "workflow"),
    "12 no name": ({"workflow": {}}, "workflow"),
    "15 an unknown job": ({"jobs": JOBS}, "jobs[0].depends_on_job_ids"),
    "17 a circle": ({"jobs": [*JOBS, JOBS[0] | {"id": 2, "depends_on_job_ids": [1]}]}, "circle"),
    "32 lists": (b"[" * 100_000, "byte 0"),
    "32 inside": (b'{"export_version": "1.0", "jobs": ' + b"[" * 100_000, "levels"),
    "34 an id": ({"jobs": [JOBS[0] | {"id": 2**70}]}, "jobs[0]"),
    "34 digits": (b'{"export_version": "1.0", "jobs": [{"id": ' + b"9" * 5_000 + b"}]}", "jobs[0]"),
    "35 a surrogate": (b'{"export_version": "1.0", "workflow": {"name": "\\ud800"}}', "workflow"),
}


@pytest.mark.parametrize("name", DOCUMENTS)
@pytest.mark.usefixtures("unchanged")
def test_a_wrong_document_is_explained_and_creates_nothing(name, torc, folder):
    content, says = DOCUMENTS[name]
    if isinstance(content, dict):
        whole = {"export_version": "1.0", "workflow": {"name": "w", "user": "u"}} | content
        content = json.dumps(whole).encode()
    (folder / "w.json").write_bytes(content)

    ended = torc("workflows", "import", "w.json")

    assert (ended.code, ended.out) == (2, ""), ended
    assert "w.json" in ended.err
    assert says in ended.err
    assert "hint: " in ended.err
    assert len(ended.err) < 3_000


@pytest.mark.parametrize("words", [("run",), ("workflows", "create"), ("workflows", "convert")])
@pytest.mark.usefixtures("unchanged")
def test_an_export_in_place_of_a_workflow_file_is_named_in_one_line(words, torc, folder):
    (folder / "w.json").write_text(json.dumps({"export_version": "1.0", "jobs": JOBS}))

    ended = torc(*words, "w.json", *(["--to", "yaml"] if words[-1] == "convert" else []))

    assert (ended.code, ended.out) == (2, ""), ended
    assert "w.json: an exported workflow, not a workflow file" in ended.err
    assert "hint: Import it: torc workflows import" in ended.err


CONFIGURATIONS = {
    "5 bytes": (b"\x7fELF\0\xff", "TOML"),
    "6 Latin-1": (b"# caf\xe9", "TOML"),
    "8 cut off": (b"[client", "TOML"),
    "9 a key": (b"[client]\nformat = 'json'\nformat = 'table'", "TOML"),
    "10 a setting": (b"[client]\n\napi_ulr = 'x'", "torc.toml:3"),
    "10 a table": (b"[cleint]\nx = 1", "torc.toml:1"),
    "11 a list": (b"[client]\napi_url = []", "torc.toml:2"),
    "11 a table": (b"client = 7", "torc.toml:1"),
    "13 no URL": (b"[client]\napi_url = 'ftp://x'", "torc.toml:2"),
    "22 NaN": (b"[client.run]\npoll_interval = nan", "torc.toml:2"),
    "28 cpus": (b"[client.run]\nnum_cpus = -1", "torc.toml:2"),
    "32 lists": (b"[client]\napi_url = " + b"[" * 5_000 + b"]" * 5_000, "TOML"),
    "34 digits": (b"[client.run]\nnum_cpus = " + b"9" * 5_000, "torc.toml"),
    "34 bits": (b"[client.run]\nnum_cpus = 9223372036854775808", "torc.toml:2"),
}


@pytest.mark.parametrize("words", [("workflows", "list"), ("config", "validate")], ids=" ".join)
@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_a_wrong_configuration_is_explained(name, words, torc_alone, folder):
    content, says = CONFIGURATIONS[name]
    (folder / "torc.toml").write_bytes(content)

    ended = torc_alone(*words)

    assert ended.code == 2, ended
    assert says in ended.out + ended.err
    assert "hint: Did you mean" in ended.err or "check: torc config validate" in ended.err
    assert len(ended.err) < 3_000


@pytest.mark.parametrize(
    ("file", "says"),
    [("none.toml", "no file"), ("folder", "cannot be read"), ("/proc/self/mem", "cannot be read")],
)
def test_a_configuration_that_is_named_has_to_be_readable(
    file, says, torc_alone, folder, monkeypatch
):
    (folder / "folder").mkdir()
    monkeypatch.setenv("TORC_CONFIG", file)

    ended = torc_alone("workflows", "list")

    assert (ended.code, ended.out) == (2, ""), ended
    assert file in ended.err
    assert says in ended.err
