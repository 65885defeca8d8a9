"""Whatever is wrong: one clear message, the documented exit code, and nothing made or lost."""

from __future__ import annotations

import socket
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

JOB = "jobs: [{name: a, command: 'true'}]"


class Case(NamedTuple):
    name: str
    file: str
    content: str | bytes | None
    says: str
    """What the message must contain; several parts are joined by `|`."""


SPECS = [
    Case("missing file", "absent.yaml", None, "absent.yaml|no such file"),
    Case("binary file", "w.yaml", b"\x7fELF\x02\x01\x00\xff\xfe", "w.yaml"),
    Case("not utf-8", "w.yaml", b"name: caf\xe9\n", "w.yaml|UTF-8"),
    Case("empty file", "w.yaml", "", "w.yaml|empty"),
    Case("yaml syntax", "w.yaml", "name: [x\njobs: }", "w.yaml:2"),
    Case("json syntax", "w.json", '{"name": "x",\n "jobs": [}', "w.json:2"),
    Case("json5 syntax", "w.json5", "{name: 'x',\n jobs: [}", "w.json5:2"),
    Case("kdl syntax", "w.kdl", 'name "x"\njob "a" {\n command "true"\n', "w.kdl"),
    Case("unknown field", "w.yaml", f"name: x\ncolour: red\n{JOB}", "w.yaml:2|colour"),
    Case(
        "misspelt field",
        "w.yaml",
        "name: x\njobs: [{name: a, comand: 'true'}]",
        "comand|command",
    ),
    Case("wrong type", "w.yaml", "name: x\njobs: 7", "w.yaml:2|jobs"),
    Case("no jobs", "w.yaml", "name: x", "jobs"),
    Case("no name", "w.yaml", JOB, "name"),
    Case(
        "duplicate job",
        "w.yaml",
        "name: x\njobs: [{name: a, command: b}, {name: a, command: c}]",
        '"a"',
    ),
    Case("duplicate key", "w.yaml", f"name: x\nname: y\n{JOB}", "w.yaml:2|name"),
    Case(
        "unknown dependency",
        "w.yaml",
        "name: x\njobs:\n- {name: prepare, command: b}\n"
        "- {name: c, command: d, depends_on: [prepar]}",
        "prepar|did you mean|prepare",
    ),
    Case(
        "unknown file",
        "w.yaml",
        "name: x\njobs: [{name: a, command: 'cat ${files.input.nope}'}]",
        "nope",
    ),
    Case(
        "unknown requirements",
        "w.yaml",
        "name: x\njobs: [{name: a, command: b, resource_requirements: big}]",
        "big",
    ),
    Case(
        "cycle",
        "w.yaml",
        "name: x\njobs:\n- {name: a, command: b, depends_on: [c]}\n"
        "- {name: c, command: d, depends_on: [a]}",
        "a|c|->",
    ),
    Case(
        "bad range",
        "w.yaml",
        "name: x\njobs: [{name: 'a{i}', command: b, parameters: {i: '1:x'}}]",
        "1:x",
    ),
    Case(
        "zero step",
        "w.yaml",
        "name: x\njobs: [{name: 'a{i}', command: b, parameters: {i: '1:5:0'}}]",
        "1:5:0",
    ),
    Case(
        "expansion beyond the cap",
        "w.yaml",
        "name: x\njobs: [{name: 'a{i}', command: b, parameters: {i: '1:2000000'}}]",
        "2,000,000|1,000,000",
    ),
    Case(
        "absurd range",
        "w.yaml",
        "name: x\njobs: [{name: 'a{i}', command: b, parameters: {i: '1:1000000000000'}}]",
        "1:1000000000000|values",
    ),
    Case(
        "bad memory",
        "w.yaml",
        f"name: x\nresource_requirements: [{{name: r, num_cpus: 1, memory: 8 gigs}}]\n{JOB}",
        "8 gigs|2g",
    ),
    Case(
        "bad runtime",
        "w.yaml",
        "name: x\nresource_requirements: [{name: r, num_cpus: 1, memory: 1g, runtime: '10:00:00'}]"
        f"\n{JOB}",
        "10:00:00|PT",
    ),
    Case("deep nesting", "w.json", "[" * 100_000, "nest"),
    Case("alias bomb", "w.yaml", None, "alias"),
]


def _alias_bomb() -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12)]
    return "\n".join(lines)


@pytest.mark.parametrize("command", ["create", "run"])
@pytest.mark.parametrize("case", SPECS, ids=lambda case: case.name)
def test_a_wrong_file_is_explained_and_creates_nothing(case, command, torc, client, tmp_path):
    content = _alias_bomb() if case.name == "alias bomb" else case.content
    if content is not None:
        path = tmp_path / case.file
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    before = client.list_workflows().total_count

    words = ("run",) if command == "run" else ("workflows", "create")
    answer = torc(*words, case.file)

    assert answer.code == 2, answer.err
    for part in case.says.split("|"):
        assert part.lower() in answer.err.lower(), answer.err
    assert "Traceback" not in answer.err
    assert answer.out == ""
    assert client.list_workflows().total_count == before


def test_every_problem_is_reported_at_once(torc, tmp_path):
    (tmp_path / "w.yaml").write_text(
        "name: x\njobs:\n- {name: a, command: b, depends_on: [nope]}\n"
        "- {name: a, comand: c}\n- {name: d, command: 'cat ${files.input.gone}'}\n"
    )

    answer = torc("workflows", "create", "w.yaml", "--dry-run")

    assert answer.code == 2
    for part in ("nope", "comand", "gone"):
        assert part in answer.err


def test_a_directory_is_not_a_workflow_file(torc, tmp_path):
    (tmp_path / "w.yaml").mkdir()

    answer = torc("run", "w.yaml")

    assert answer.code == 2
    assert "directory" in answer.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "999999"),
        ("workflows", "get", "999999"),
        ("workflows", "status", "999999"),
        ("workflows", "initialize", "999999"),
        ("workflows", "delete", "999999", "--no-prompts"),
        ("workflows", "is-complete", "999999"),
        ("workflows", "execution-plan", "999999"),
        ("jobs", "list", "999999"),
        ("jobs", "get", "999999"),
        ("results", "list", "999999"),
        ("events", "list", "999999"),
        ("events", "monitor", "999999"),
        ("user-data", "get", "999999"),
        ("user-data", "update", "999999", "--data", "1"),
        ("reports", "summary", "999999"),
    ],
    ids=" ".join,
)
def test_an_unknown_id_is_named(arguments, torc):
    answer = torc(*arguments)

    assert answer.code == 4, answer.err
    assert "999999" in answer.err
    assert "Traceback" not in answer.err
    assert answer.out == ""


def test_an_id_beyond_64_bits_is_refused(torc):
    answer = torc("jobs", "get", "9" * 30)

    assert answer.code in {2, 4}
    assert "Traceback" not in answer.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("jobs", "get", "x"),
        ("jobs", "list", "1", "--status", "done"),
        ("nonsense",),
        ("run",),
        ("run", "w.yaml", "--max-parallel-jobs", "0"),
        ("user-data", "update", "1", "--data", "{"),
        ("workflows", "archive", "maybe", "1"),
        ("-f", "xml", "ping"),
        ("--url", "ftp://x", "ping"),
    ],
    ids=" ".join,
)
def test_wrong_usage_exits_with_2(arguments, torc):
    answer = torc(*arguments)

    assert answer.code == 2, answer.err
    assert "error:" in answer.err
    assert "Traceback" not in answer.err


def test_cpus_that_are_not_there_are_refused_before_anything_is_made(torc, tmp_path):
    (tmp_path / "w.yaml").write_text(f"name: bound\n{JOB}")

    answer = torc("run", "w.yaml", "--cpu-affinity", "--num-cpus", "99999")

    assert answer.code == 2, answer.err
    assert "--num-cpus offers 99999 CPUs, and this process may use" in answer.err
    assert "Traceback" not in answer.err
    listed = torc("-f", "json", "workflows", "list").json
    assert "bound" not in {each["name"] for each in listed["workflows"]}


def test_a_server_that_is_not_there_is_named(torc_alone, monkeypatch):
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{reserved.getsockname()[1]}/torc-service/v1"
        monkeypatch.setenv("TORC_API_URL", url)

        answer = torc_alone("workflows", "list")
        ping = torc_alone("-f", "json", "ping")

    assert answer.code == ping.code == 6
    assert url in answer.err
    assert "hint:" in answer.err
    assert ping.json.keys() == {"status", "message"}
    assert (ping.json["status"], url in ping.json["message"]) == ("error", True)


@pytest.mark.parametrize("output", ["table", "json"])
def test_output_that_cannot_be_written_is_one_line(output):
    command = [sys.executable, "-m", "torc_tui", "-f", output, "server", "status"]
    with Path("/dev/full").open("w") as full:
        answer = subprocess.run(
            command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False
        )

    assert answer.stderr == "error: No space left on device\n"
    assert answer.returncode == 9


def test_a_database_of_a_newer_version_is_left_alone(torc_alone, tmp_path):
    state = tmp_path / "state" / "torc"
    state.mkdir(parents=True, mode=0o700)
    database = sqlite3.connect(state / "torc.db")
    database.execute("PRAGMA user_version = 9999")
    database.execute("CREATE TABLE precious (x)")
    database.commit()
    database.close()
    before = (state / "torc.db").read_bytes()

    answer = torc_alone("workflows", "list")

    assert answer.code in {5, 9}
    assert "9999" in answer.err
    assert "Traceback" not in answer.err
    assert (state / "torc.db").read_bytes() == before


def test_a_configuration_file_with_an_unknown_setting_is_named(torc_alone, tmp_path: Path):
    (tmp_path / "torc.toml").write_text('[client]\napi_ulr = "http://localhost"\n')

    answer = torc_alone("workflows", "list")

    assert answer.code == 2
    assert "torc.toml" in answer.err
    assert "client.api_url" in answer.err


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("user-data list --is-ephemeral", "Option '--is-ephemeral' requires an argument."),
        ("workflows convert w.yaml", "Missing option '--to'. Choose from: yaml, json, json5, kdl"),
        ("jobs list --limit", "Option '--limit' requires an argument."),
    ],
)
def test_wrong_usage_is_one_line_and_a_hint_at_the_help_of_the_command(line, said, torc_here):
    command = " ".join(line.split()[:2])

    assert torc_here(*line.split()).err == f"error: {said}\n\nhint: torc {command} --help\n"
