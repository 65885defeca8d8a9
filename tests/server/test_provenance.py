"""What clients write down of a workflow: RO-Crate entities, Slurm's statistics, Slurm's jobs."""

from __future__ import annotations

import pytest

NODE = {
    "hostname": "h",
    "pid": 1,
    "start_time": "2026-01-01T00:00:00Z",
    "num_cpus": 2,
    "memory_gb": 4.5,
    "num_gpus": 0,
    "num_nodes": 1,
    "compute_node_type": "slurm",
}
ALLOCATION = {
    "scheduler_id": 77,
    "scheduler_config_id": 1,
    "scheduler_type": "slurm",
    "status": "active",
}
RESULT = {
    "return_code": 0,
    "exec_time_minutes": 0.5,
    "completion_time": "2026-01-01T00:00:00.000Z",
    "status": "completed",
}
ENTITY = {
    "entity_id": "data/out.csv",
    "entity_type": "File",
    "metadata": {"name": "out", "author": [{"@id": "#ann"}, None]},
}
STATS = {
    "run_id": 1,
    "attempt_id": 2,
    "slurm_job_id": "123_4",
    "max_rss_bytes": 2**40,
    "max_vm_size_bytes": 1,
    "max_disk_read_bytes": 2,
    "max_disk_write_bytes": 3,
    "ave_cpu_seconds": 1.5,
    "node_list": "n[1-3]",
}


@pytest.fixture
def make(call, workflow_id):
    """Create a record of the workflow, or of the one that is stated."""

    def make_one(path, body, /, **values):
        reply = call("POST", path, {"workflow_id": workflow_id} | body | values)
        assert reply.status == 200, reply.text
        return reply.body

    return make_one


def make_file(make, **values) -> int:
    return make("/files", {"name": "f", "path": "/f"}, **values)["id"]


def make_job(make, name="j", **values) -> int:
    return make("/jobs", {"name": name, "command": "true"}, **values)["id"]


def test_an_entity_lives_as_it_was_written(call, make, workflow_id):
    created = make("/ro_crate_entities", ENTITY)
    path = f"/ro_crate_entities/{created['id']}"

    assert created == ENTITY | {"id": created["id"], "workflow_id": workflow_id}
    assert call("GET", path).body == created
    change = {"entity_type": "Dataset", "metadata": {}, "file_id": None}
    changed = call("PUT", path, change).body
    assert changed == created | {"entity_type": "Dataset", "metadata": {}}
    assert call("PUT", path, changed).body == changed
    assert str(created["id"]) in call("DELETE", path).body["message"]
    assert call("GET", path).status == 404
    assert call("DELETE", path).status == 404


def test_entities_are_listed_and_deleted_by_workflow(call, make, workflow_id):
    file_id = make_file(make)
    path = f"/workflows/{workflow_id}/ro_crate_entities"
    described = make("/ro_crate_entities", ENTITY, entity_id="b", file_id=file_id)
    others = [make("/ro_crate_entities", ENTITY, entity_id=name) for name in ("c", "a")]
    foreign = make("/ro_crate_entities", ENTITY, workflow_id=call.make_workflow())

    def listed(**query):
        return [item["entity_id"] for item in call("GET", path, **query).body["items"]]

    assert call("GET", path).body["items"] == [described, *others]
    assert listed(file_id=file_id) == ["b"]
    assert listed(entity_id="c") == ["c"]
    assert listed(sort_by="entity_id", reverse_sort="true", offset=1, limit=1) == ["b"]
    assert call("DELETE", path).body["deleted_count"] == 3
    assert listed() == []
    assert call("GET", f"/ro_crate_entities/{foreign['id']}").body == foreign
    assert call("GET", "/workflows/999999/ro_crate_entities").status == 404
    assert call("DELETE", "/workflows/999999/ro_crate_entities").status == 404


def test_an_entity_is_once_in_its_workflow(call, make, workflow_id):
    make("/ro_crate_entities", ENTITY)
    other = make("/ro_crate_entities", ENTITY, entity_id="other")
    again = call("POST", "/ro_crate_entities", ENTITY | {"workflow_id": workflow_id})
    renamed = call("PUT", f"/ro_crate_entities/{other['id']}", ENTITY)

    assert (again.status, renamed.status) == (409, 409)
    assert call("GET", f"/ro_crate_entities/{other['id']}").body == other
    assert make("/ro_crate_entities", ENTITY, workflow_id=call.make_workflow())


def test_an_entity_describes_a_file_of_its_workflow(call, make, workflow_id):
    foreign_file = make_file(make, workflow_id=call.make_workflow())
    entity = make("/ro_crate_entities", ENTITY)

    for file_id in (foreign_file, 999_999):
        body = ENTITY | {"workflow_id": workflow_id, "entity_id": "x", "file_id": file_id}
        refused = call("POST", "/ro_crate_entities", body)
        assert refused.status == 422
        assert refused.problem["message"] == f"Workflow {workflow_id} has no file {file_id}."
        changed = call("PUT", f"/ro_crate_entities/{entity['id']}", {"file_id": file_id})
        assert changed.status == 422


def test_an_entity_outlives_its_file(call, make):
    file_id = make_file(make)
    entity = make("/ro_crate_entities", ENTITY, file_id=file_id)
    call("DELETE", f"/files/{file_id}")

    found = call("GET", f"/ro_crate_entities/{entity['id']}").body

    assert entity["file_id"] == file_id
    assert "file_id" not in found


@pytest.mark.parametrize("metadata", [None, [], "text", 1])
def test_the_properties_of_an_entity_are_an_object(call, workflow_id, metadata):
    body = ENTITY | {"workflow_id": workflow_id, "metadata": metadata}

    assert call("POST", "/ro_crate_entities", body).status in {400, 422}


def test_statistics_of_an_attempt_are_kept_once_and_found(call, make, workflow_id):
    first, second = make_job(make, "first"), make_job(make, "second")
    kept = [
        make("/slurm_stats", STATS, job_id=first),
        make("/slurm_stats", {"run_id": 2, "attempt_id": 1, "job_id": first}),
        make("/slurm_stats", STATS, job_id=second),
    ]
    again = call("POST", "/slurm_stats", STATS | {"workflow_id": workflow_id, "job_id": first})

    def found(**query):
        return call("GET", "/slurm_stats", workflow_id=workflow_id, **query).body["items"]

    assert kept[0].items() >= STATS.items()
    assert again.status == 409
    assert found() == kept
    assert found(job_id=first) == kept[:2]
    assert found(run_id=1) == [kept[0], kept[2]]
    assert found(job_id=first, attempt_id=1) == [kept[1]]
    assert found(offset=1, limit=1) == [kept[1]]


def test_statistics_are_of_a_job_of_the_workflow_and_go_with_it(call, make, workflow_id):
    job_id, foreign = make_job(make), make_job(make, workflow_id=call.make_workflow())
    make("/slurm_stats", STATS, job_id=job_id)
    refused = call("POST", "/slurm_stats", STATS | {"workflow_id": workflow_id, "job_id": foreign})
    call("DELETE", f"/jobs/{job_id}")

    assert refused.status == 422
    assert refused.problem["missing_ids"] == [foreign]
    assert call("GET", "/slurm_stats", workflow_id=workflow_id).body["items"] == []


def test_a_job_is_told_with_each_slurm_job_that_ran_it(call, make, workflow_id):
    allocation = make("/scheduled_compute_nodes", ALLOCATION)["id"]
    foreign = {"workflow_id": call.make_workflow(), "scheduler_id": 78}
    elsewhere = make("/scheduled_compute_nodes", ALLOCATION | foreign)["id"]
    other_kind = make("/scheduled_compute_nodes", ALLOCATION, scheduler_type="x", scheduler_id=79)
    runners = {
        "123": {"type": "slurm", "scheduler_id": 999_999, "slurm_job_id": 123},
        "123 again": {"slurm_job_id": "123"},
        "77": {"type": "slurm", "scheduler_id": allocation},
        "none": None,
        "a list": [1],
        "a text": "123",
        "another workflow's": {"scheduler_id": elsewhere},
        "another scheduler's": {"scheduler_id": other_kind["id"]},
    }
    nodes = [make("/compute_nodes", NODE, scheduler=found)["id"] for found in runners.values()]
    jobs = [make_job(make, name) for name in ("first", "second", "idle")]
    for run_id, node in enumerate(nodes, start=1):
        make("/results", RESULT, job_id=jobs[1], compute_node_id=node, run_id=run_id)
    make("/results", RESULT, job_id=jobs[0], compute_node_id=nodes[2], run_id=1)

    def page(**query):
        return call("GET", f"/workflows/{workflow_id}/slurm_job_correlations", **query).body

    def pairs(**query):
        return [(one["job_name"], one["slurm_job_id"]) for one in page(**query)["items"]]

    assert page(limit=1)["items"] == [
        {"job_id": jobs[0], "job_name": "first", "slurm_job_id": "77"}
    ]
    assert pairs() == [("first", "77"), ("second", "123"), ("second", "77")]
    middle = page(offset=1, limit=1)
    assert (middle["count"], middle["total_count"], middle["has_more"]) == (1, 3, True)
    assert pairs(offset=2) == [("second", "77")]
    assert call("GET", "/workflows/999999/slurm_job_correlations").status == 404


def test_a_workflow_remembers_that_provenance_is_wanted(call):
    made = call("POST", "/workflows", {"name": "w", "user": "u", "enable_ro_crate": True}).body
    other = call("POST", "/workflows", {"name": "w", "user": "u", "enable_ro_crate": None}).body
    path = f"/workflows/{made['id']}"

    assert made["enable_ro_crate"] is True
    assert "enable_ro_crate" not in other
    assert call("PUT", path, {"name": "new"}).body["enable_ro_crate"] is True
    assert "enable_ro_crate" not in call("PUT", path, {"enable_ro_crate": False}).body


def test_all_of_it_goes_with_the_workflow(call, make, workflow_id):
    entity = make("/ro_crate_entities", ENTITY, file_id=make_file(make))
    make("/slurm_stats", STATS, job_id=make_job(make))

    assert call("DELETE", f"/workflows/{workflow_id}").status == 200
    assert call("GET", f"/ro_crate_entities/{entity['id']}").status == 404
