"""A document that is wrong, or made to do harm, is refused and creates nothing."""

from __future__ import annotations

import contextlib
import copy
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from operations.transfer.transfers import import_tree

from torc_core.errors import SpecError, UsageError
from torc_core.operations.definition.transfer.read_document import read_document
from torc_core.operations.reporter import SILENT

DOCUMENT = json.loads(
    (Path(__file__).parents[2] / "data" / "exports" / "reference_1.0.json").read_bytes()
)


def changed(path: str, value: object) -> dict[str, object]:
    """Return the document with another value at a path such as "jobs.0.name"."""
    document = copy.deepcopy(DOCUMENT)
    *steps, last = [int(step) if step.isdecimal() else step for step in path.split(".")]
    place = document
    for step in steps:
        place = place[step]
    if isinstance(place, list) and last == len(place):
        place.append(value)
    else:
        place[last] = value
    return document


def refusal(text: bytes) -> str:
    with pytest.raises(SpecError) as refused:
        read_document(io.BytesIO(text), "w.json", SILENT)
    return refused.value.message


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        ("jobs.0.depends_on_job_ids", [1000], "each waits for the next one, in a circle: "),
        ("jobs.0.depends_on_job_ids", [1001], "in a circle: train_a"),
        ("jobs.0.input_file_ids", [303], "in a circle: "),
        ("jobs.1.input_file_ids", [303], None),
        ("jobs.0.depends_on_job_ids", [4], "jobs[0].depends_on_job_ids: 4 is not an id of jobs"),
        ("jobs.0.input_file_ids", [41], "jobs[0].input_file_ids: 41 is not an id of files"),
        ("jobs.0.output_user_data_ids", [-1], "-1 is not an id of user_data"),
        ("jobs.0.resource_requirements_id", 1, "1 is not an id of resource_requirements"),
        ("jobs.0.failure_handler_id", 0, "0 is not an id of failure_handlers"),
        ("results.0.job_id", 77, "results[0].job_id: 77 is not an id of jobs"),
        ("results.1.attempt_id", 1, "results[1]: it is of the same attempt as result 0"),
        ("jobs.1.id", 1001, "jobs[1]: its id 1001 is that of record 0"),
        ("files.2.id", 301, "files[2]: its id 301 is that of record 0"),
        ("jobs.0.id", -5, "jobs[0]: its id is -5, and not a number from 1"),
        ("jobs.0.id", 0, "and not a number from 1"),
        ("jobs.0.id", None, "its id is None"),
        ("jobs.0.id", 10**30, "jobs[1].depends_on_job_ids: 1001 is not an id of jobs"),
        ("jobs.0.name", 5, "jobs[0]: Expected `str`, got `int` - at `$.name`"),
        ("jobs.0", "train", "jobs[0]: Expected `object`, got `str`"),
        ("jobs.0.depends_on_job_ids", "1001", "got `str`"),
        ("jobs.0.depends_on_job_ids", [1.5], "got `float`"),
        ("jobs.0.status", "finished", "Invalid enum value"),
        ("jobs", {}, "a [ is missing"),
        ("files", 7, "a [ is missing"),
        ("workflow", None, "workflow: Expected `object`, got `null`"),
        ("workflow", [], "workflow: "),
        ("export_version", "2.0", "it has version 2.0 of the format, and torc reads version 1"),
        ("export_version", 1, "export_version is 1, which is not a version"),
        ("export_version", "1.\x1b[31m0", "export_version is 1.\\x1b[31m0, which is not a version"),
        ("export_version", "1." + "9" * 500, "which is not a version"),
        ("jobs.0.status", "\x1b[2Jx", "\\x1b[2Jx"),
        ("resource_requirements.1.name", "default", "2 of them are named default"),
    ],
)
def test_records_that_do_not_fit_together(path, value, problem):
    text = json.dumps(changed(path, value)).encode()
    if problem is None:
        read_document(io.BytesIO(text), "w.json", SILENT)
        return
    message = refusal(text)
    assert problem in message
    assert "\x1b" not in message
    assert message.startswith("w.json: ")


def test_two_jobs_that_both_read_and_write_a_file():
    document = changed("jobs.0.input_file_ids", [303])
    document["jobs"][0]["output_file_ids"] = [303]
    document["jobs"][1]["input_file_ids"] = [303]
    assert "files[2]: train_a and train_b both read and write it" in refusal(
        json.dumps(document).encode()
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"", "a { is missing"),
        (b"   ", "a { is missing"),
        (b"[]", "a { is missing"),
        (b"\xff\xfe{\0}\0", "a { is missing"),
        (b"\x1f\x8b\x08", "a { is missing"),
        (b"{}", "it has no export_version"),
        (b'{"export_version":"1.0"}', "workflow: is missing"),
        (b'{"export_version":"1.0"', "a , is missing"),
        (b'{"export_version":', "a value is missing"),
        (b'{"export_version":"1.0', "has no end"),
        (b'{"export_version":"1.0"} x', "something follows"),
        (b'{"export_version":"1.0","jobs":[{"a":1]', "not valid JSON"),
        (b'{"export_version":"1.0","jobs":[{"a" 1}]}', "jobs[0]: JSON is malformed"),
        (b'{"export_version":"1.0","jobs":[],"jobs":[]}', "jobs is there twice"),
        (b'{"export_version":"1.0","jobs":[,]}', "a value is missing"),
        (b'{"export_version":"1.0","files":[{"id":1,"workflow_id":1,"name":"\xff"}]}', "files[0]:"),
        (b'{"' + b"k" * 5000 + b'":1}', "larger than 1,000 bytes"),
        (b'{"jobs":' + b"[" * 300, "nested more than 100 levels deep"),
        (b'{"x":' + b'{"a":' * 300, "nested more than 100 levels deep"),
        (b'{"export_version":"1.0","events":[1,2', "not valid JSON"),
    ],
)
def test_texts_that_are_no_document(text, problem):
    assert problem in refusal(text)


def test_enough_problems_are_enough():
    document = changed("jobs", [{"name": n} for n in range(1000)])
    lines = refusal(json.dumps(document).encode()).splitlines()
    assert len(lines) == 22
    assert lines[-1] == "w.json: the rest was not looked at"


def test_sections_may_come_in_any_order():
    text = json.dumps(DOCUMENT, sort_keys=True).encode()
    document = read_document(io.BytesIO(b"\xef\xbb\xbf" + text), "w.json", SILENT)
    assert len(document.jobs) == 3
    assert document.dependencies == [(), (0,), (0, 1)]


def test_what_a_newer_minor_version_adds_is_left_out_and_named(client):
    document = changed("export_version", "1.7")
    document["jobs"][1]["color"] = "red"
    document["tags"] = ["a", {"b": []}]
    document["note"] = "x"
    done, warnings = import_tree(client, document, skip_events=True)
    assert done.counts["jobs"] == 3
    [warning] = [each for each in warnings if "does not know" in each]
    assert "whatever version 1.7 has added" in warning
    assert "jobs.color, tags, note" in warning


def test_deleted_schedulers_and_jobs_of_actions_are_left_out_and_named(client):
    document = changed("slurm_schedulers", [])
    document["local_schedulers"] = []
    document["workflow_actions"][0]["job_ids"] = [1001, 5]
    done, warnings = import_tree(client, document, skip_events=True)
    [job, *_] = client.list_jobs(done.workflow_id).items
    [action, _] = client.get_workflow_actions(done.workflow_id)
    assert job.scheduler_id is None
    assert action.action_config == {"scheduler_type": "slurm", "num_allocations": 2}
    assert action.job_ids == [job.id]
    assert any("2 records named a scheduler or a job" in each for each in warnings)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("workflow.jobs_sort_method", "random"),
        ("user_data.0.data", {"a": "\0"}),
        ("resource_requirements.1.memory", "much"),
        ("jobs.2.priority", -1),
        ("workflow_actions.1.trigger_type", "on_full_moon"),
        ("results.2.status", "running"),
        ("results.2.return_code", 2**70),
        ("results.2.attempt_id", 0),
        ("jobs.0.name", "x" * 5_000_000),
    ],
)
def test_what_only_the_server_refuses_is_taken_back(client, path, value):
    before = {workflow.id for workflow in client.list_workflows(user="importer").items}
    with pytest.raises(UsageError):
        import_tree(client, changed(path, value))
    assert {workflow.id for workflow in client.list_workflows(user="importer").items} == before


def test_control_characters_in_texts_are_data(client):
    done, _ = import_tree(client, changed("jobs.0.command", "printf '\x1b[31m\u202e'"))
    assert client.list_jobs(done.workflow_id).items[0].command == "printf '\x1b[31m\u202e'"


@given(st.data())
def test_any_change_of_a_document_is_read_or_refused(data):
    text = bytearray(json.dumps(DOCUMENT).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text) - 1))
        text[at : at + data.draw(st.integers(0, 30))] = data.draw(
            st.sampled_from(
                [b"", b"{", b"]", b'"', b"\\", b"null", b"-1", b"1e999", b"\xff", b"[[]]"]
            )
        )
    with contextlib.suppress(SpecError):
        read_document(io.BytesIO(bytes(text)), "w.json", SILENT)


BOMBS = {
    "blanks": ("", " "),
    "levels": ('{"jobs":', "["),
    "objects": ('{"jobs":[', '{"a":'),
    "text": ('{"user_data":[{"data":"', "x"),
    "escapes": ('{"jobs":[{"name":"', "\\\\"),
    "number": ('{"jobs":[', "1"),
    "lists": ('{"jobs":[{"name":[', "[],"),
    "deep lists": ('{"jobs":[[', "[[[[]]]],"),
    "texts": ('{"jobs":[[', '"",'),
    "no records": ('{"jobs":[0', ",0"),
    "key": ('{"', "k"),
    "action": ('{"workflow_actions":[{"action_config":{"a":[0', ",[]"),
}

READ = """
import io, re, sys, time
from torc_core.errors import SpecError
from torc_core.operations.definition.transfer.read_document import read_document
from torc_core.operations.reporter import SILENT

class Endless(io.RawIOBase):
    def __init__(self, head, unit):
        self.text = head + unit * (1024**2 // len(unit))
        self.unit, self.at, self.left = len(unit), 0, 200
    def readable(self):
        return True
    def readinto(self, into):
        if self.at == len(self.text):
            self.left -= 1
            self.at = len(self.text) - 1024**2 // self.unit * self.unit
        part = self.text[self.at : self.at + len(into)] if self.left else b""
        into[: len(part)] = part
        self.at += len(part)
        return len(part)

head, unit = sys.argv[1].encode(), sys.argv[2].encode()
begin = time.process_time()
try:
    read_document(io.BufferedReader(Endless(head, unit)), "w.json", SILENT)
except SpecError as error:
    # Not getrusage: what it says includes the process that started this one.
    peak = re.search("VmHWM: *(.*) kB", open("/proc/self/status").read().replace("\\t", " "))
    print(time.process_time() - begin, peak[1])
"""


@pytest.mark.parametrize("bomb", BOMBS)
def test_two_hundred_megabytes_are_refused_soon_and_in_little_memory(bomb):
    done = subprocess.run(
        [sys.executable, "-c", READ, *BOMBS[bomb]], capture_output=True, text=True, check=True
    )
    seconds, kibibytes = map(float, done.stdout.split())
    assert seconds < 3  # one, on a quiet machine
    assert kibibytes < 256 * 1024
