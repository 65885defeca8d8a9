"""Filters for texts: the whole text for all clients, a part of it for those that ask so."""

from __future__ import annotations

import pytest

NODE = {
    "pid": 1, "start_time": "2026-01-01T00:00:00Z", "num_cpus": 2, "memory_gb": 4.0,
    "num_gpus": 0, "num_nodes": 1, "compute_node_type": "local",
}  # fmt: skip
ALLOCATION = {"scheduler_config_id": 1, "scheduler_type": "slurm"}
SCHEDULER = {"account": "Astro", "nodes": 1, "walltime": "01:00:00"}

LISTS = [
    ("files", "name", {"name": "Raw_5%.csv", "path": "/f"}, "aw_5%"),
    ("files", "path", {"name": "f", "path": "/Data/in.csv"}, "data/"),
    ("user_data", "name", {"name": "Settings", "data": 1}, "ETT"),
    ("resource_requirements", "name", {"name": "Large"}, "arg"),
    ("resource_requirements", "memory", {"name": "m", "memory": "640g"}, "40G"),
    ("slurm_schedulers", "name", {"name": "Nightly", **SCHEDULER}, "night"),
    ("slurm_schedulers", "account", {"name": "s", **SCHEDULER}, "STRO"),
    ("compute_nodes", "hostname", {"hostname": "r12n03.site", **NODE}, "R12"),
    (
        "scheduled_compute_nodes",
        "status",
        {"scheduler_id": 1, "status": "pending", **ALLOCATION},
        "pend",
    ),
    ("events", "category", {"timestamp": 0, "data": {"category": "Checkpoint"}}, "check"),
    ("events", "text", {"timestamp": 0, "data": {"type": "note", "text": "Größe 5%"}}, "größe 5%"),
]


@pytest.mark.parametrize(("resource", "name", "record", "part"), LISTS)
def test_a_part_in_either_case_is_enough_for_who_says_so(
    call, workflow_id, resource, name, record, part
):
    made = call("POST", f"/{resource}", {"workflow_id": workflow_id} | record).body["id"]

    def found(**query):
        reply = call("GET", f"/{resource}", workflow_id=workflow_id, **query)
        assert reply.status == 200, reply.text
        return [item["id"] for item in reply.body["items"]]

    assert made in found(**{name: part, "contains": name})
    assert made not in found(**{name: part})
    assert made not in found(**{name: f"{part}~", "contains": name})


@pytest.mark.parametrize(("resource", "name", "record", "part"), LISTS)
def test_what_does_not_match_is_listed_on_request(call, workflow_id, resource, name, record, part):
    made = call("POST", f"/{resource}", {"workflow_id": workflow_id} | record).body["id"]

    def found(**query):
        reply = call("GET", f"/{resource}", workflow_id=workflow_id, excludes=name, **query)
        assert reply.status == 200, reply.text
        return [item["id"] for item in reply.body["items"]]

    assert made not in found(**{name: part, "contains": name})
    assert made in found(**{name: part})
    assert made in found(**{name: f"{part}~", "contains": name})
    assert made in found()


def test_workflows_without_a_value_do_not_match_it(call):
    named, unnamed = (
        call("POST", "/workflows", {"name": name, "user": "mia"} | values).body["id"]
        for name, values in (("a", {"description": "monthly"}), ("b", {}))
    )

    def found(**query):
        reply = call("GET", "/workflows", user="mia", **query)
        return [item["id"] for item in reply.body["items"]]

    assert found(description="month", excludes="description") == [unnamed]
    assert found(name="b", excludes="name") == [named]
    assert not {named, unnamed} & set(found(name="x", excludes="name, user"))
    for each in (named, unnamed):
        call("DELETE", f"/workflows/{each}")


def test_jobs_are_left_out_by_status_name_and_command(call, workflow_id):
    names = ("prepare_a", "prepare_b", "train")
    for name in names:
        body = {"workflow_id": workflow_id, "name": name, "command": f"run {name}"}
        call("POST", "/jobs", body)

    def found(**query):
        reply = call("GET", "/jobs", workflow_id=workflow_id, **query)
        assert reply.status == 200, reply.text
        return [item["name"] for item in reply.body["items"] if item["name"] in names]

    assert found(name="PREP", excludes="name") == ["train"]
    assert found(command="_b", excludes="command") == ["prepare_a", "train"]
    assert found(command="_b", name="train", excludes="command,name") == ["prepare_a"]
    assert found(status="ready,running", excludes="status") == list(names)
    assert found(status="uninitialized", excludes="status") == []


@pytest.mark.parametrize("name", ["name", "user", "description"])
def test_workflows_are_found_by_a_part(call, name):
    values = {"name": "Ens_a%le", "user": "Ens_a%le", "description": "Ens_a%le"}
    made = call("POST", "/workflows", values).body["id"]
    call("POST", "/workflows", dict.fromkeys(values, "Ensxaxle"))

    def found(**query):
        return [item["id"] for item in call("GET", "/workflows", **query).body["items"]]

    assert found(**{name: "S_A%", "contains": "description,user, name"}) == [made]
    assert found(**{name: "Ens_a%le"}) == [made]
    assert found(**{name: "ns_a%"}) == ([made] if name == "description" else [])
    call("DELETE", f"/workflows/{made}")


@pytest.mark.parametrize(
    ("path", "names"), [("/workflows", "is_archived"), ("/files", "is_output"), ("/events", "x")]
)
def test_what_is_no_text_has_no_parts(call, workflow_id, path, names):
    reply = call("GET", path, workflow_id=workflow_id, contains=names)
    assert call("GET", path, workflow_id=workflow_id, excludes=names).status == 422

    assert reply.status == 422, reply.text
    assert names in reply.text


def test_jobs_and_files_are_found_from_the_job_that_needs_them(call, workflow_id):
    def make(resource, name, **values):
        body = {"workflow_id": workflow_id, "name": name} | values
        return call("POST", f"/{resource}", body).body["id"]

    files = [make("files", name, path=name) for name in ("a", "b", "c")]
    first, second = (make("jobs", name, command="c") for name in ("first", "second"))
    third = make("jobs", "third", command="c", depends_on_job_ids=[first], input_file_ids=files[:2])

    def found(resource, **query):
        items = call("GET", f"/{resource}", workflow_id=workflow_id, **query).body["items"]
        return [item["id"] for item in items]

    assert found("jobs", downstream_job_id=third) == [first]
    assert found("jobs", downstream_job_id=second) == []
    assert found("files", consumed_by_job_id=third) == files[:2]
