"""What is exported, imported and exported again is the same workflow."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from operations.situations import Stage
from operations.transfer.transfers import export_tree, import_bytes, import_tree

from torc_core.operations.definition.create import create_workflow
from torc_core.operations.definition.transfer.document import LINKS
from torc_core.spec import read_spec

ROOT = Path(__file__).parents[3]
EXAMPLES = sorted(
    path
    for folder in ("examples", "tests/data/reference_examples")
    for path in (ROOT / folder).rglob("*.yaml")
)
OF_THE_SERVER = {
    "workflow": {"id", "name", "user", "timestamp", "status_id", "submission_directory"},
    "jobs": {"workflow_id", "status", "start_time", "compute_node_id", "origin", "attempt_id"},
    "workflow_actions": {"workflow_id", "executed", "executed_at", "executed_by", "trigger_count"},
    "compute_nodes": {"workflow_id", "is_active"},
}
"""Fields by section that a new workflow has by itself."""
SCHEDULERS = {"slurm": "slurm_schedulers", "local": "local_schedulers"}


def normalized(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document in which each id is the place of its record, without times and names."""
    places = {
        section: {record["id"]: place for place, record in enumerate(records)}
        for section, records in document.items()
        if isinstance(records, list)
    }
    known: dict[str, Any] = {}
    for section, value in document.items():
        left_out = OF_THE_SERVER.get(section, {"workflow_id"}) | {"id"}
        if section == "workflow":
            known[section] = {key: each for key, each in value.items() if key not in left_out}
        elif section not in {"export_version", "exported_at", "events"}:
            known[section] = [
                {
                    key: placed(section, key, each, record, places)
                    for key, each in record.items()
                    if key not in left_out
                }
                for record in value
            ]
    return known


def placed(section: str, key: str, value: Any, record: Any, places: Any) -> Any:
    """Return the value of a field, with places for ids."""
    target = LINKS.get(section, {}).get(key)
    if key == "job_ids":
        target = "jobs"
    if key == "compute_node_id":
        target = "compute_nodes"
    if key == "action_config" and "scheduler_id" in value:
        scheduler = SCHEDULERS[value["scheduler_type"]]
        return value | {"scheduler_id": places[scheduler][value["scheduler_id"]]}
    if key == "scheduler_id" and value is not None:
        target = "slurm_schedulers"
    if target is None or value is None:
        return value
    if isinstance(value, list):
        return sorted(places[target][each] for each in value)
    return places[target][value]


def assert_round_trip(client, workflow_id: int, **options: Any) -> None:
    first = export_tree(client, workflow_id, **options)
    done, _ = import_bytes(client, json.dumps(first).encode(), name="another")
    second = export_tree(client, done.workflow_id, **options)
    assert second["workflow"]["name"] == "another"
    assert normalized(second) == normalized(first)
    client.delete_workflow(done.workflow_id)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_examples(client, path):
    workflow_id = create_workflow(client, read_spec(path).expand(skip_checks=True), user="u")
    document = export_tree(client, workflow_id)
    done, _ = import_tree(client, document)
    again = export_tree(client, done.workflow_id)
    names = [data["name"] for data in document["user_data"]]
    if not names:  # commands name user data by number
        assert normalized(again) == normalized(document)
    assert [job["name"] for job in again["jobs"]] == [job["name"] for job in document["jobs"]]
    client.delete_workflow(workflow_id)
    client.delete_workflow(done.workflow_id)


def test_results_and_nodes(client):
    stage = Stage(client, "finished")
    stage.complete()
    assert_round_trip(client, stage.id, include_results=True)


CHARACTERS = st.characters(exclude_categories=("Cs",), exclude_characters="\0")
NAMES = st.text(CHARACTERS, min_size=1, max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(CHARACTERS, max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(CHARACTERS, max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Documents whose ids are of any size and in any order."""

    def ids(most: int) -> list[int]:
        return draw(st.lists(st.integers(1, 2**40), unique=True, max_size=most))

    def some(of: list[int]) -> list[int]:
        return draw(st.lists(st.sampled_from(of), unique=True)) if of else []

    def one(of: list[int]) -> int | None:
        return draw(st.sampled_from([None, *of]))

    def record(key: int, **fields: Any) -> dict[str, Any]:
        return {"id": key, "workflow_id": 5, **fields}

    files, data, requirements, slurm, local, handlers, jobs = (
        ids(3), ids(3), ids(2), ids(2), ids(2), ids(2), ids(6),
    )  # fmt: skip
    order = draw(st.permutations(jobs))  # upstream jobs may come later than downstream ones
    upstream = {job: order[:place] for place, job in enumerate(order)}
    return {
        "export_version": "1.0",
        "workflow": {
            "name": draw(NAMES),
            "user": "u",
            "description": draw(NAMES),
            "metadata": draw(st.none() | st.just('{"a":[1,{"b":null}]}')),
            "use_pending_failed": draw(st.booleans()),
            "env": draw(st.none() | st.just({"A": "ü"})),
        },
        "files": [record(key, name=draw(NAMES), path=draw(NAMES)) for key in files],
        "user_data": [record(key, name=draw(NAMES), data=draw(VALUES)) for key in data],
        "resource_requirements": [
            record(key, name=f"r{key}", num_cpus=draw(st.integers(1, 64)), memory="2g")
            for key in requirements
        ],
        "slurm_schedulers": [
            record(key, name=draw(NAMES), account="a", nodes=1, walltime="01:00:00")
            for key in slurm
        ],
        "local_schedulers": [record(key, name=draw(NAMES), num_cpus=2) for key in local],
        "failure_handlers": [record(key, name=draw(NAMES), rules="[]") for key in handlers],
        "jobs": [
            record(
                key,
                name=draw(NAMES),
                command=draw(NAMES),
                priority=draw(st.integers(1, 9)),
                on_lost=draw(st.sampled_from(["requeue", "fail", "hold"])),
                depends_on_job_ids=some(upstream[key]),
                # Files have the direction of the order, so that there is no circle.
                input_file_ids=[],
                output_file_ids=some(files),
                input_user_data_ids=some(data) if key == order[-1] else [],
                resource_requirements_id=one(requirements),
                failure_handler_id=one(handlers),
                scheduler_id=one(slurm),
            )
            for key in jobs
        ],
        "workflow_actions": [
            record(
                1,
                trigger_type="on_jobs_complete",
                action_type="schedule_nodes",
                action_config={"scheduler_type": kind, "scheduler_id": key},
                job_ids=some(jobs),
            )
            for kind, keys in (("slurm", slurm), ("local", local))
            for key in keys
        ],
    }


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(document=documents())
def test_any_workflow(client, document):
    done, _ = import_tree(client, document)
    exported = export_tree(client, done.workflow_id)
    for section in ("files", "user_data", "jobs"):
        for before, after in zip(document[section], exported[section], strict=True):
            stated = {"name", "path", "data", "command", "priority", "on_lost"} & before.keys()
            assert {key: after.get(key) for key in stated} == {key: before[key] for key in stated}
    before, after = normalized(document), normalized(exported)
    for one, other in zip(before["jobs"], after["jobs"], strict=True):
        for field in ("depends_on_job_ids", "output_file_ids", "input_user_data_ids"):
            assert one[field] == other[field]
    assert_round_trip(client, done.workflow_id)
    client.delete_workflow(done.workflow_id)
