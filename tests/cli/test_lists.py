"""Lists of commands are whole, are what programs can read, and command no terminal."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import msgspec
import pytest
from forks.processes import Process
from hypothesis import given
from hypothesis import strategies as st

from tests.tui.pty_screen import PtyScreen
from torc_core.characters import HIDDEN
from torc_core.client import TorcClient
from torc_core.model.artifact import File, UserData
from torc_core.model.job import Job
from torc_core.model.workflow import Workflow
from torc_tui.cli.output.formats import BLOCK, JsonOutput, TableOutput
from torc_tui.lists.listing import Column

COUNT = 10_500
"""More than one page."""
HOSTILE = "a\x7f\x9b2J\u202eb\u2066\u200bé\U000e0041"


@pytest.fixture(scope="module")
def large(server):
    client = TorcClient(server.url)
    workflow = client.create_workflow(Workflow(name="large", user="lister"))
    records = {
        client.create_jobs: [
            Job(workflow_id=workflow.id, name=f"job{n}", command="true") for n in range(COUNT)
        ],
        client.create_files: [
            File(workflow_id=workflow.id, name=f"file{n}", path=f"f{n}") for n in range(COUNT)
        ],
        client.create_user_data_list: [
            UserData(workflow_id=workflow.id, name=f"data{n}", data=n) for n in range(COUNT)
        ],
    }
    for create, items in records.items():
        for start in range(0, COUNT, 10_000):
            create(items[start : start + 10_000])
    yield workflow.id
    client.delete_workflow(workflow.id)
    client.close()


@pytest.mark.parametrize(("noun", "key"), [("jobs", "jobs"), ("user-data", "user_data")])
def test_a_list_of_more_than_one_page_is_whole(noun, key, torc, large):
    answer = torc("-f", "json", noun, "list", large)

    ids = [record["id"] for record in answer.json[key]]
    assert len(ids) == COUNT
    assert ids == sorted(set(ids))


def test_a_table_of_more_than_one_page_is_whole(torc, large):
    lines = torc("jobs", "list", large).out.splitlines()

    assert len(lines) == COUNT + 1
    assert lines[0].split()[:2] == ["ID", "NAME"]
    assert sum("NAME" in line for line in lines) == 1
    assert lines[-1].split()[1] == f"job{COUNT - 1}"


@pytest.mark.parametrize(
    ("options", "names"),
    [
        (("-l", COUNT - 100), range(COUNT - 100)),
        (("-l", 3), range(3)),
        (("--offset", COUNT - 2), range(COUNT - 2, COUNT)),
        (("--reverse-sort", "-l", "10200"), range(COUNT - 1, COUNT - 10_201, -1)),
        (("--offset", COUNT + 1), range(0)),
    ],
)
def test_limit_and_offset_may_be_larger_than_a_page(options, names, torc, large):
    answer = torc("-f", "json", "jobs", "list", large, *options)

    assert [job["name"] for job in answer.json["jobs"]] == [f"job{number}" for number in names]


@pytest.mark.parametrize("form", ["table", "json"])
def test_a_reader_that_has_enough_ends_the_list_quietly(form, large, server):
    command = [sys.executable, "-m", "torc_tui", "-f", form, "jobs", "list", str(large)]
    process = Process(
        command,
        env={**os.environ, "TORC_API_URL": server.url},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout.readline()
    process.stdout.close()

    assert process.stderr.read() == b""
    process.wait(100)
    process.stderr.close()


def test_an_interrupted_list_ends_quietly(large, server, tmp_path):
    command = [sys.executable, "-m", "torc_tui", "jobs", "list", str(large)]
    process = Process(
        command,
        env={**os.environ, "TORC_API_URL": server.url},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout.read(100)  # then the pipe is full and the command waits
    process.send_signal(signal.SIGINT)

    _, error = process.communicate(timeout=100)
    assert error.strip() == b"interrupted"
    assert process.returncode == 130


def listed(capsys, output, records, *rest):
    output.listing("things", iter(records), (Column("Value", str),), *rest)
    return capsys.readouterr().out


@pytest.mark.parametrize("count", [0, 1, 2, BLOCK, BLOCK + 1])
def test_a_list_in_blocks_is_the_same_document(capsys, count):
    records = [{"id": number, "text": "a\nb", "list": [], "more": [1]} for number in range(count)]
    whole = msgspec.json.format(msgspec.json.encode({"things": records}), indent=2).decode()

    assert listed(capsys, JsonOutput(), records) == whole + "\n"
    assert listed(capsys, JsonOutput(), range(count), records.__getitem__) == whole + "\n"

    JsonOutput().array("things", iter(records), ())
    whole = msgspec.json.format(msgspec.json.encode(records), indent=2).decode()
    assert capsys.readouterr().out == whole + "\n"


@pytest.mark.parametrize("count", [0, 1, BLOCK + 1])
def test_an_envelope_has_its_numbers_after_its_items(capsys, count):
    records = [{"id": number, "list": []} for number in range(count)]

    JsonOutput().envelope("things", iter(records), (), lambda count: {"offset": 3, "count": count})

    whole = {"items": records, "offset": 3, "count": count}
    text = msgspec.json.format(msgspec.json.encode(whole), indent=2).decode()
    assert capsys.readouterr().out == text + "\n"


def test_a_column_grows_with_its_values(capsys):
    lines = listed(capsys, TableOutput(), ["x"] * BLOCK + ["wider than before"]).splitlines()

    assert lines[0] == "VALUE"
    assert lines[-1] == "wider than before"
    assert len(lines) == BLOCK + 2
    assert listed(capsys, TableOutput(), []) == "No things.\n"


@given(st.text(st.characters(codec="utf-8"), max_size=50))
def test_json_has_no_hidden_character_and_the_same_value(text):
    from torc_tui.cli.output.formats import _json  # noqa: PLC0415

    written = _json({text: [text]})

    assert json.loads(written) == {text: [text]}
    assert not HIDDEN.search(written.replace("\n", ""))


@pytest.mark.parametrize(
    "command",
    [
        ("-f", "json", "jobs", "list"),
        ("-f", "json", "workflows", "get"),
        ("-f", "json", "reports", "summary"),
        ("-f", "json", "user-data", "list"),
        ("jobs", "list"),
        ("user-data", "list"),
        ("workflows", "get"),
        ("reports", "summary"),
        ("workflows", "delete"),
    ],
    ids=" ".join,
)
def test_texts_of_others_do_not_command_the_terminal(command, client, server, tmp_path):
    workflow = client.create_workflow(Workflow(name=HOSTILE, user="x", description=HOSTILE))
    client.create_jobs([Job(workflow_id=workflow.id, name=HOSTILE, command=HOSTILE)])
    client.create_user_data(UserData(workflow_id=workflow.id, name=HOSTILE, data=HOSTILE))
    screen = PtyScreen(
        [sys.executable, "-m", "torc_tui", *command, str(workflow.id)],
        columns=200,
        rows=50,
        environ={"TORC_API_URL": server.url},
        cwd=tmp_path,
    )
    try:
        screen.wait_for("é")
        if command[-1] == "delete":
            screen.send("n\r")
        screen.wait_for_end()
    finally:
        screen.close()

    shown = screen.output.decode()
    assert not HIDDEN.search(shown.replace("\r\n", "").replace("\x1b[2K", "").replace("\r", ""))


def test_names_of_fields_are_cleaned_like_values(capsys):
    TableOutput().record({"\x1b[2J": "\x1b[31m"})

    assert capsys.readouterr().out == "␛[2J  ␛[31m\n"


def test_people_and_programs_each_get_what_is_for_them(capsys):
    for output in (TableOutput(), JsonOutput()):
        output.text("done")
        output.data({"id": 1})

    assert capsys.readouterr().out == 'done\n{\n  "id": 1\n}\n'
