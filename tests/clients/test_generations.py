"""Clients of several generations ask for the same thing, each in its own words."""

from __future__ import annotations

import json
from urllib.request import Request, urlopen

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from torc_core.model.artifact import FileIds, UserData
from torc_core.model.events.event import Event
from torc_core.model.page import Page
from torc_core.model.workflow import Workflow
from torc_server.edge.generations import Generation, form_of, generation_of

PYTHON = "OpenAPI-Generator/{}/python"
AGENTS = {
    "OpenAPI-Generator/v0.7.0/rust": Generation.OTHER,
    PYTHON.format("0.7.0"): Generation.PYTHON_0_12,
    PYTHON.format("0.12.0"): Generation.PYTHON_0_22,
    PYTHON.format("0.17.0"): Generation.PYTHON_0_22,
    PYTHON.format("0.20.0"): Generation.PYTHON_0_33,
    PYTHON.format("0.21.0"): Generation.PYTHON_0_33,
    PYTHON.format("1.0.0"): Generation.PYTHON_0_33,
    "OpenAPI-Generator/0.21.0/python/more": Generation.OTHER,
    "curl/8.5.0": Generation.OTHER,
    "": Generation.OTHER,
}
OBJECT = {"a": [1, None]}
TEXT = '{"a":[1,null]}'
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@pytest.mark.parametrize(("agent", "generation"), AGENTS.items())
def test_a_client_is_known_by_its_name(agent, generation):
    assert generation_of(agent) is generation


@given(st.text() | st.from_regex(r"OpenAPI-Generator/\d+\.\d+\.\d+/python"))
@example(PYTHON.format("9" * 5000 + ".1.1"))
def test_no_name_is_too_strange(agent):
    assert generation_of(agent) in Generation


@given(data=JSON, generation=st.sampled_from(Generation))
def test_a_page_takes_the_form_of_its_records(data, generation):
    record = UserData(workflow_id=1, name="d", data=data)
    page = form_of(Page(items=[record, record], total_count=2), generation)

    assert page.items == [form_of(record, generation)] * 2
    assert page.total_count == 2


@given(JSON)
def test_the_first_generation_is_given_objects_or_nothing(data):
    shown = form_of(UserData(workflow_id=1, name="d", data=data), Generation.PYTHON_0_12).data
    event = form_of(Event(workflow_id=1, timestamp=0, data=data), Generation.PYTHON_0_12).data

    assert shown == (data if isinstance(data, dict) else None)
    assert event == (data if isinstance(data, dict) else {"value": data})


def test_ids_of_files_are_text_for_the_first_generation_alone():
    ids = FileIds(files=[1, 22])

    assert form_of(ids, Generation.PYTHON_0_12) == {"files": ["1", "22"]}
    assert all(form_of(ids, one) is ids for one in Generation if one.name != "PYTHON_0_12")


@pytest.mark.parametrize("text", ["plain", "[1]", "3", "{", pytest.param("[" * 100_000, id="deep")])
def test_text_that_is_no_object_is_absent_where_objects_are_expected(text):
    workflow = Workflow(name="w", user="u", metadata=text, slurm_defaults=TEXT)
    shown = form_of(workflow, Generation.PYTHON_0_33)

    assert (shown.metadata, shown.slurm_defaults) == (None, OBJECT)
    assert form_of(workflow, Generation.PYTHON_0_22) is workflow


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{"enabled":true,"granularity":"summary","sample_interval_seconds":5,"new":[1]}', True),
        ('{"jobs":{"enabled":true,"granularity":"time_series"},"compute_node":null}', True),
        ('{"granularity":"often"}', False),
        ('{"sample_interval_seconds":0.5}', False),
        ('{"jobs":{"enabled":"yes"}}', False),
        ("[]", False),
    ],
)
def test_monitoring_is_shown_if_the_types_of_the_client_take_it(text, shown):
    workflow = Workflow(name="w", user="u", resource_monitor_config=text)
    config = form_of(workflow, Generation.PYTHON_0_33).resource_monitor_config

    assert config == (json.loads(text) if shown else None)


@pytest.mark.parametrize("sent", [TEXT, OBJECT])
@pytest.mark.parametrize(("agent", "generation"), AGENTS.items())
def test_settings_are_taken_in_both_forms_and_answered_in_one(server, agent, generation, sent):
    settings = {"metadata": sent, "slurm_defaults": sent}
    expected = OBJECT if generation is Generation.PYTHON_0_33 else TEXT
    made = ask(server, agent, "POST", "/workflows", {"name": "w", "user": "u"} | settings)
    path = f"/workflows/{made['id']}"

    for answer in (
        made,
        ask(server, agent, "PUT", path, settings),
        ask(server, agent, "GET", path),
    ):
        assert (answer["metadata"], answer["slurm_defaults"]) == (expected, expected)


def ask(server, agent, method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    headers = {"User-Agent": agent, "Content-Type": "application/json"}
    with urlopen(Request(server.url + path, data, headers, method=method)) as answer:
        return json.load(answer)


@pytest.mark.parametrize(("agent", "generation"), AGENTS.items())
def test_what_was_created_is_201_but_for_clients_that_read_only_200(server, agent, generation):
    workflow = ask(server, agent, "POST", "/workflows", {"name": "w", "user": "u"})
    url = f"{server.url}/workflows/{workflow['id']}/remote_workers"
    headers = {"User-Agent": agent, "Content-Type": "application/json"}
    with urlopen(Request(url, b'["me@host"]', headers, method="POST")) as answer:
        assert answer.status == (201 if generation is Generation.OTHER else 200)


@pytest.mark.parametrize(
    ("agent", "begun"),
    [
        ("OpenAPI-Generator/0.21.0/python", 1),
        ("OpenAPI-Generator/0.15.0/python", 1),
        ("OpenAPI-Generator/0.12.0/python", 0),
        ("OpenAPI-Generator/v0.7.0/rust", 0),
        ("curl/8", 0),
        ("OpenAPI-Generator/0." + "9" * 5000 + ".0/python", 0),
    ],
)
def test_a_reset_begins_a_run_for_clients_that_cannot_set_it(server, agent, begun):
    workflow = ask(server, agent, "POST", "/workflows", {"name": "w", "user": "u"})
    path = f"/workflows/{workflow['id']}"

    ask(server, agent, "POST", f"{path}/reset_status")

    assert ask(server, agent, "GET", path)["run_id"] == begun
