"""Plain records over HTTP: kept, found, listed, changed and deleted alike."""

from __future__ import annotations

import pytest
from nodes import NODE

RECORDS = {
    "files": ({"name": "f", "path": "/f"}, {"st_mtime": 1.5}),
    "user_data": ({"name": "d", "data": {"a": [1, None]}}, {"data": {"b": 2}}),
    "resource_requirements": ({"name": "r", "memory": "2g"}, {"num_cpus": 8}),
    "local_schedulers": ({"memory": "1g", "num_cpus": 2}, {"num_cpus": 4}),
    "slurm_schedulers": (
        {"name": "s", "account": "a", "nodes": 1, "walltime": "01:00:00"},
        {"qos": "high"},
    ),
    "compute_nodes": (
        NODE | {"num_cpus": 2, "memory_gb": 4.5},
        {"is_active": False},
    ),
    "scheduled_compute_nodes": (
        {
            "scheduler_id": 77,
            "scheduler_config_id": 1,
            "scheduler_type": "slurm",
            "status": "pending",
        },
        {"status": "active"},
    ),
}

each_resource = pytest.mark.parametrize("resource", RECORDS)


def create(call, resource, workflow_id, **values):
    body = {"workflow_id": workflow_id} | RECORDS[resource][0] | values
    reply = call("POST", f"/{resource}", body)
    assert reply.status == 200, reply.text
    return reply.body


@each_resource
def test_a_record_lives_as_it_was_written(call, workflow_id, resource):
    stated, change = RECORDS[resource]
    created = create(call, resource, workflow_id)
    path = f"/{resource}/{created['id']}"

    assert created.items() >= stated.items()
    assert call("GET", path).body == created
    changed = call("PUT", path, change).body
    assert changed == created | change
    assert call("GET", f"/{resource}", workflow_id=workflow_id).body["items"][-1] == changed
    assert call("DELETE", path).body == changed
    gone = call("GET", path)
    assert gone.status == 404
    assert str(created["id"]) in gone.problem["message"]


@each_resource
def test_a_record_needs_its_workflow(call, resource):
    body = {"workflow_id": 999_999} | RECORDS[resource][0]

    refused = call("POST", f"/{resource}", body)

    assert refused.status == 404
    assert refused.problem["message"] == "There is no workflow 999999."
    assert call("GET", f"/{resource}", workflow_id=999_999).status == 404
    assert call("GET", f"/{resource}").status == 400


@each_resource
def test_deleting_all_counts_and_keeps_to_the_workflow(call, workflow_id, resource):
    other = create(call, resource, call.make_workflow())
    for _ in range(3):
        create(call, resource, workflow_id)

    assert call("DELETE", f"/{resource}", workflow_id=workflow_id).body["count"] == 3
    assert call("GET", f"/{resource}/{other['id']}").body == other


@pytest.mark.parametrize(("resource", "field"), [("files", "files"), ("user_data", "user_data")])
def test_many_records_come_back_in_the_order_given(call, workflow_id, resource, field):
    stated = RECORDS[resource][0]
    many = [
        stated | {"workflow_id": workflow_id, "name": f"n{number}"} for number in range(1, 2500)
    ]

    created = call("POST", f"/bulk_{resource}", {field: many}).body[field]

    assert [record["name"] for record in created] == [record["name"] for record in many]
    assert call("GET", f"/{resource}/{created[-1]['id']}").body == created[-1]
    assert call("GET", f"/{resource}", workflow_id=workflow_id).body["total_count"] == len(many)
    mixed = [many[0], many[1] | {"workflow_id": call.make_workflow()}]
    assert call("POST", f"/bulk_{resource}", {field: mixed}).status == 422
    assert call("POST", f"/bulk_{resource}", {field: []}).body[field] == []


def test_pages_cover_the_list_and_know_their_place(call, workflow_id):
    for number in range(5):
        create(call, "files", workflow_id, name=f"f{number}", path=f"/{9 - number}")

    def page(**query):
        return call("GET", "/files", workflow_id=workflow_id, **query).body

    def names(**query):
        return [item["name"] for item in page(**query)["items"]]

    first = page(limit=2)
    assert (first["count"], first["total_count"], first["has_more"]) == (2, 5, True)
    assert first["max_limit"] == 10_000
    last = page(limit=2, offset=4)
    assert (last["count"], last["offset"], last["has_more"]) == (1, 4, False)
    beyond = page(offset=9)
    assert (beyond["items"], beyond["total_count"], beyond["has_more"]) == ([], 5, False)
    assert names(sort_by="path") == ["f4", "f3", "f2", "f1", "f0"]
    assert names(sort_by="path", reverse_sort="true", limit=2) == ["f0", "f1"]
    assert names(limit=1_000_000) == ["f0", "f1", "f2", "f3", "f4"]


def test_sorting_by_what_is_no_field_is_refused_with_the_fields(call, workflow_id):
    reply = call("GET", "/files", workflow_id=workflow_id, sort_by="name; DROP TABLE job")

    assert reply.status == 422
    assert "path" in reply.problem["hint"]


def test_filters_select(call, workflow_id):
    create(call, "files", workflow_id, name="a", path="/same")
    create(call, "files", workflow_id, name="b", path="/same")
    for number, active in enumerate([True, False]):
        create(
            call,
            "compute_nodes",
            workflow_id,
            hostname=f"h{number}",
            is_active=active,
            scheduler={"scheduler_id": 100 + number},
        )

    def count(resource, **query):
        return call("GET", f"/{resource}", workflow_id=workflow_id, **query).body["total_count"]

    assert count("files", name="a") == 1
    assert count("files", path="/same") == 2
    assert count("files", is_output="true") == 0
    assert count("files", is_output="false") == 2
    assert count("files", produced_by_job_id=1) == 0
    assert count("compute_nodes", is_active="true") == 1
    assert count("compute_nodes", hostname="h1", is_active="true") == 0
    assert count("compute_nodes", scheduled_compute_node_id=101) == 1


def test_files_and_user_data_are_found_by_the_jobs_that_make_them(call, workflow_id):
    file = create(call, "files", workflow_id)
    job = call(
        "POST",
        "/jobs",
        {
            "workflow_id": workflow_id,
            "name": "j",
            "command": "c",
            "output_file_ids": [file["id"]],
        },
    ).body
    linked = call(
        "POST",
        "/user_data",
        {"workflow_id": workflow_id, "name": "d"},
        producer_job_id=job["id"],
    ).body
    unlinked = create(call, "user_data", workflow_id)

    def ids(resource, **query):
        items = call("GET", f"/{resource}", workflow_id=workflow_id, **query).body["items"]
        return [item["id"] for item in items]

    assert ids("files", produced_by_job_id=job["id"]) == [file["id"]]
    assert ids("files", is_output="true") == [file["id"]]
    assert ids("user_data", producer_job_id=job["id"]) == [linked["id"]]
    assert ids("user_data", consumer_job_id=job["id"]) == []
    assert ids("user_data") == [linked["id"], unlinked["id"]]
    nowhere = call(
        "POST", "/user_data", {"workflow_id": workflow_id, "name": "d"}, consumer_job_id=999_999
    )
    assert nowhere.status == 404
    assert ids("user_data") == [linked["id"], unlinked["id"]]


def test_the_name_of_the_default_requirements_is_reserved(call, workflow_id):
    refused = call(
        "POST", "/resource_requirements", {"workflow_id": workflow_id, "name": "default"}
    )
    listed = call("GET", "/resource_requirements", workflow_id=workflow_id, name="default")
    default = listed.body["items"][0]
    path = f"/resource_requirements/{default['id']}"

    assert refused.status == 422
    assert refused.problem["field"] == "name"
    assert (default["num_cpus"], default["memory"], default["runtime"]) == (1, "1m", "P0DT1M")
    assert call("PUT", path, {"name": "other"}).status == 422
    assert call("PUT", path, default | {"num_cpus": 2}).body["num_cpus"] == 2
    assert call("DELETE", path).status == 409


NONSENSE = {
    "resource_requirements": {"memory": "8 gigs", "runtime": "PT", "num_cpus": -1, "num_gpus": -1},
    "local_schedulers": {"num_cpus": -1},
    "slurm_schedulers": {"nodes": -1, "ntasks_per_node": -1},
    "compute_nodes": {
        "num_cpus": -1,
        "memory_gb": -0.5,
        "num_gpus": -1,
        "num_nodes": -1,
    },
}


@pytest.mark.parametrize(
    ("resource", "field", "value"),
    [(name, field, value) for name, values in NONSENSE.items() for field, value in values.items()],
)
def test_values_that_make_no_sense_are_refused_by_name(call, workflow_id, resource, field, value):
    record = create(call, resource, workflow_id)

    changed = call("PUT", f"/{resource}/{record['id']}", {field: value})
    created = call("POST", f"/{resource}", record | {field: value})

    for refused in (changed, created):
        assert refused.status == 422
        assert (refused.problem["field"], refused.problem["value"]) == (field, value)
    assert call("GET", f"/{resource}/{record['id']}").body == record


def test_requirements_that_jobs_use_stay(call, workflow_id):
    requirements = create(call, "resource_requirements", workflow_id)
    job = {
        "workflow_id": workflow_id,
        "name": "j",
        "command": "c",
        "resource_requirements_id": requirements["id"],
    }
    job_id = call("POST", "/jobs", job).body["id"]

    assert call("DELETE", f"/resource_requirements/{requirements['id']}").status == 409
    assert call("DELETE", "/resource_requirements", workflow_id=workflow_id).body["count"] == 0
    assert call("GET", f"/jobs/{job_id}").status == 200
    found = call("GET", "/resource_requirements", workflow_id=workflow_id, job_id=job_id).body
    assert [item["id"] for item in found["items"]] == [requirements["id"]]


@pytest.mark.parametrize(
    ("rules", "warning"),
    [
        ("[]", None),
        ('[{"exit_codes": [1]}]', None),
        ("", "Input data was truncated"),
        ("{}", "Expected `array`, got `object`"),
        ('[{"exit_codes": "all"}]', "Expected `array`, got `str`"),
        ("[[[[", "Expected `object`, got `array`"),
        ('[{"exit_code": 1}]', "unknown field `exit_code`"),
        ('[{"é": 1}]', r"unknown field `\u00e9`"),
        ('[{"exit_codes": [1], "max_retries": -1}]', "Expected `int` >= 0"),
        ('[{"exit_codes": [1]}, {"max_retries": 1}]', "rules[1] of"),
        ('[{"exit_codes": [300]}]', "no job ends with exit code 300"),
        ('[{"exit_codes": [1]}, {"exit_codes": [1]}]', "rules[0] decides about exit code 1"),
        ('[{"match_all_exit_codes": true, "max_retries": 0}]', "0 allows none"),
    ],
)
def test_failure_rules_are_kept_and_warned_of_if_no_runner_can_use_them(
    call, workflow_id, rules, warning
):
    body = {"workflow_id": workflow_id, "name": "f", "rules": rules}

    created = call("POST", "/failure_handlers", body)

    assert created.status == 200
    assert created.body["rules"] == rules
    if warning is None:
        assert "warning" not in created.headers
    else:
        assert warning in created.headers["warning"]
        assert f"ailure handler {created.body['id']}" in created.headers["warning"]


def test_results_show_the_latest_of_each_job_unless_asked_for_all(call, workflow_id):
    node = create(call, "compute_nodes", workflow_id)
    job = call("POST", "/jobs", {"workflow_id": workflow_id, "name": "j", "command": "c"}).body
    result = {
        "workflow_id": workflow_id,
        "job_id": job["id"],
        "compute_node_id": node["id"],
        "return_code": 1,
        "exec_time_minutes": 0.5,
        "completion_time": "2026-01-01T00:00:00.000Z",
        "status": "failed",
    }
    for run_id in (1, 2):
        assert call("POST", "/results", result | {"run_id": run_id}).status == 200

    def runs(**query):
        items = call("GET", "/results", workflow_id=workflow_id, **query).body["items"]
        return [item["run_id"] for item in items]

    assert runs() == [2]
    assert runs(all_runs="true") == [1, 2]
    assert runs(all_runs="true", run_id=1, status="failed") == [1]
    assert runs(status="completed") == []
    again = call("POST", "/results", result | {"run_id": 2})
    assert again.status == 409
    assert call("DELETE", f"/compute_nodes/{node['id']}").status == 409
    assert again.problem["fields"] == ["job_id", "run_id", "attempt_id"]
    strange = create(call, "compute_nodes", call.make_workflow())
    impossible = [("attempt_id", -5), ("attempt_id", 0), ("attempt_id", 2**63 - 1)]
    impossible += [("run_id", -1), ("status", "running"), ("compute_node_id", 999_999)]
    impossible += [("workflow_id", strange["workflow_id"])]
    for field, value in impossible:
        refused = call("POST", "/results", result | {"run_id": 3, field: value})
        named = "job_id" if field == "workflow_id" else field
        assert (refused.status, refused.problem["field"]) == (422, named)


def test_a_node_that_holds_a_job_of_a_client_without_tokens_stays(call, workflow_id):
    job = call("POST", "/jobs", {"workflow_id": workflow_id, "name": "j", "command": "c"}).body
    call("POST", f"/workflows/{workflow_id}/initialize_jobs")
    call("POST", f"/workflows/{workflow_id}/claim_next_jobs")
    node, idle = (create(call, "compute_nodes", workflow_id)["id"] for _ in range(2))
    call("PUT", f"/jobs/{job['id']}/start_job/0/{node}")

    refused = call("DELETE", f"/compute_nodes/{node}")

    assert (refused.status, refused.problem["code"]) == (409, "conflict")
    assert call("DELETE", "/compute_nodes", workflow_id=workflow_id).body["count"] == 1
    assert call("GET", f"/compute_nodes/{idle}").status == 404


def test_nodes_and_allocations_tell_of_themselves(call, workflow_id):
    node = create(call, "compute_nodes", workflow_id)
    create(call, "scheduled_compute_nodes", workflow_id)
    call("PUT", f"/compute_nodes/{node['id']}", {"is_active": False})
    call("PUT", f"/compute_nodes/{node['id']}", {"duration_seconds": 2.5})

    events = call("GET", "/events", workflow_id=workflow_id).body["items"]

    assert [event["data"]["event_type"] for event in events] == [
        "compute_node_started",
        "scheduler_node_created",
        "compute_node_stopped",
    ]
    assert events[0]["data"]["compute_node_id"] == node["id"]


def test_a_repeated_request_gets_the_allocation_that_the_first_one_recorded(call):
    workflow_id, other = call.make_workflow(), call.make_workflow()
    first = create(call, "scheduled_compute_nodes", workflow_id, request_key="a:1", scheduler_id=1)
    again = create(call, "scheduled_compute_nodes", workflow_id, request_key="a:1", scheduler_id=2)
    other_key = {"request_key": "a:2", "slurm_cluster": "north"}
    create(call, "scheduled_compute_nodes", workflow_id, scheduler_id=3, **other_key)
    create(call, "scheduled_compute_nodes", other, request_key="a:1", scheduler_id=4)
    for _ in range(2):  # from clients of the reference, which name none
        create(call, "scheduled_compute_nodes", workflow_id, scheduler_id=5)

    assert again == first
    found = call("GET", "/scheduled_compute_nodes", workflow_id=workflow_id).body["items"]
    assert [node["scheduler_id"] for node in found] == [1, 3, 5, 5]
    assert [node.get("request_key") for node in found] == ["a:1", "a:2", None, None]
    assert [node.get("slurm_cluster") for node in found] == [None, "north", None, None]
    recorded = call("GET", "/events", workflow_id=workflow_id).body["items"]
    assert [event["data"]["scheduler_id"] for event in recorded] == [1, 3, 5, 5]


def test_events_of_clients_are_kept_as_written(call, workflow_id):
    data = {"category": "mine", "type": "note", "message": "m"}
    event = {"workflow_id": workflow_id, "timestamp": 0, "data": data}
    created = call("POST", "/events", event).body
    path = f"/events/{created['id']}"

    assert created["data"] == data
    assert created["timestamp"] > 0
    listed = {"workflow_id": workflow_id, "category": "mine"}
    assert call("GET", "/events", **listed).body["items"] == [created]
    assert call("GET", "/events", **listed, after_timestamp=created["timestamp"]).body["count"] == 0
    assert call("PUT", path, {"x": 1}).body["data"] == {"x": 1}
    assert call("PUT", path, created).body["data"] == data
    assert call("PUT", "/events/999999", {}).status == 404


def test_actions_fall_due_and_are_claimed_once(call, workflow_id):
    path = f"/workflows/{workflow_id}/actions"
    action = {
        "workflow_id": workflow_id,
        "trigger_type": "on_workflow_start",
        "action_type": "run_commands",
        "action_config": {"commands": ["echo"]},
    }
    once = call("POST", path, action).body
    always = call("POST", path, action | {"persistent": True}).body
    assert call("GET", f"{path}/pending").body == []
    call("POST", f"/workflows/{workflow_id}/initialize_jobs")

    def pending(**query):
        return [found["id"] for found in call("GET", f"{path}/pending", **query).body]

    def claim(action_id, node_id=None):
        return call("POST", f"{path}/{action_id}/claim", {"compute_node_id": node_id})

    assert claim(once["id"], 999_999).status == 422

    assert pending() == [once["id"], always["id"]]
    assert pending(trigger_type="on_jobs_ready") == []
    assert claim(once["id"]).body == {"claimed": True, "success": True, "action_id": once["id"]}
    lost = claim(once["id"])
    assert lost.status == 409
    assert lost.problem["claimed"] is False
    assert claim(always["id"]).status == 200
    assert claim(always["id"]).status == 200
    assert claim(999_999).status == 404
    assert pending() == [always["id"]]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"trigger_type": "on_full_moon"}, "trigger_type"),
        ({"action_config": {"commands": "echo"}}, "action_config"),
        ({"action_config": {"commands": [], "x": 1}}, "action_config"),
    ],
)
def test_actions_that_make_no_sense_name_the_field(call, workflow_id, change, field):
    action = {
        "workflow_id": workflow_id,
        "trigger_type": "on_workflow_start",
        "action_type": "run_commands",
        "action_config": {"commands": ["echo"]},
    }

    refused = call("POST", f"/workflows/{workflow_id}/actions", action | change)

    assert refused.status == 422
    assert refused.problem["field"] == field


@pytest.mark.parametrize("trigger", ["on_jobs_ready", "on_jobs_complete"])
def test_an_action_that_waits_for_no_jobs_is_kept_and_never_due(call, workflow_id, trigger):
    path = f"/workflows/{workflow_id}/actions"
    job = {"workflow_id": workflow_id, "name": "j", "command": "c"}
    job_id = call("POST", "/jobs", job).body["id"]
    action = {
        "workflow_id": workflow_id,
        "trigger_type": trigger,
        "action_type": "run_commands",
        "action_config": {"commands": ["echo"]},
    }

    for named in ({}, {"job_ids": None}, {"job_ids": []}):
        created = call("POST", path, action | named)
        assert created.status == 200
        assert created.headers["warning"] == (
            f"Action {created.body['id']} will never run: {trigger} without job_ids."
        )
    assert "warning" not in call("POST", path, action | {"job_ids": [job_id]}).headers
    assert "warning" not in call("POST", path, action | {"trigger_type": "on_worker_start"}).headers
    call("POST", f"/workflows/{workflow_id}/initialize_jobs")
    call("DELETE", f"/jobs/{job_id}")
    assert call("GET", f"{path}/pending", trigger_type=trigger).body == []


def test_an_action_of_another_type_is_kept_and_left_alone(call, workflow_id):
    path = f"/workflows/{workflow_id}/actions"
    action = {
        "workflow_id": workflow_id,
        "trigger_type": "on_workflow_start",
        "action_type": "dance",
        "action_config": {"steps": [1]},
    }

    created = call("POST", path, action)

    assert created.status == 200
    assert created.body.items() >= action.items()
    assert "'dance', not run_commands or schedule_nodes" in created.headers["warning"]


def test_texts_that_the_server_does_not_use_are_kept_as_they_are(call, workflow_id):
    node = create(call, "compute_nodes", workflow_id, time_limit="two hours")
    scheduler = create(call, "local_schedulers", workflow_id, memory="8 gigs")

    assert (node["time_limit"], scheduler["memory"]) == ("two hours", "8 gigs")


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"scheduler_id": "77"}, 1),
        ({"scheduler_id": "7"}, 0),
        ({"scheduler_id": "job 77"}, 0),
        ({"scheduler_config_id": "1", "status": "pending"}, 1),
        ({"scheduler_config_id": "one"}, 0),
    ],
)
def test_allocations_are_found_by_texts(call, workflow_id, query, count):
    create(call, "scheduled_compute_nodes", workflow_id)

    found = call("GET", "/scheduled_compute_nodes", workflow_id=workflow_id, **query)

    assert found.body["count"] == count


NOTHING = {"num_cpus": 0, "num_gpus": 0, "num_nodes": 0, "memory": "0", "runtime": "PT0S"}


@pytest.mark.parametrize(
    "stated", [NOTHING, *({name: value} for name, value in NOTHING.items())], ids=str
)
def test_requirements_of_nothing_are_kept_and_mean_the_least(call, workflow_id, stated):
    requirements = create(call, "resource_requirements", workflow_id, **stated)
    path = f"/resource_requirements/{requirements['id']}"
    job = {"workflow_id": workflow_id, "command": "c"}
    job["resource_requirements_id"] = requirements["id"]
    for name in ("one", "two"):
        call("POST", "/jobs", job | {"name": name})
    call("POST", f"/workflows/{workflow_id}/initialize_jobs")
    claim = f"/workflows/{workflow_id}/claim_jobs_based_on_resources/9"
    free = {"num_cpus": 1, "memory_gb": 4, "num_gpus": 0, "num_nodes": 1}
    summed = call("GET", f"/workflows/{workflow_id}/ready_job_requirements").body

    assert requirements.items() >= stated.items()
    assert call("GET", path).body == call("PUT", path, stated).body == requirements
    assert (summed["num_jobs"], summed["num_cpus"], summed["max_num_nodes"]) == (2, 2, 1)
    for none in ("num_cpus", "num_nodes"):
        assert call("POST", claim, free | {none: 0}).body["jobs"] == []
    assert [found["name"] for found in call("POST", claim, free).body["jobs"]] == ["one"]


def test_an_update_of_a_job_says_when_it_may_change_and_who_sets_its_status(call, workflow_id):
    job = {"workflow_id": workflow_id, "name": "j", "command": "c"}
    job_id = call("POST", "/jobs", job).body["id"]
    call("POST", f"/workflows/{workflow_id}/initialize_jobs")

    for change in ({"command": "d"}, {"name": "k"}, {"env": {"A": "1"}}, job | {"command": "d"}):
        refused = call("PUT", f"/jobs/{job_id}", change)
        assert refused.status == 422
        assert "can only be changed while a job is uninitialized" in refused.problem["message"]
    for status in ("completed", "pending", "uninitialized", "running"):
        refused = call("PUT", f"/jobs/{job_id}", {"status": status})
        assert refused.status == 422
        assert (refused.problem["field"], refused.problem["value"]) == ("status", status)
        assert f"cannot be set to {status} with update_job" in refused.problem["message"]
        assert "manage_status_change" in refused.problem["hint"]
    refused = call("PUT", f"/jobs/{job_id}", {"status": "disabled"})
    assert (refused.status, refused.problem["status"]) == (422, "ready")
    assert "uninitialized" in refused.problem["hint"]
    assert call("PUT", f"/jobs/{job_id}", {"status": "ready", "name": "j"}).status == 200


def test_remote_workers_are_kept_once(call, workflow_id):
    path = f"/workflows/{workflow_id}/remote_workers"

    assert call("POST", path, ["me@host:22", "other", "other"]).status == 201
    assert call("POST", path, ["other"]).status == 201
    assert [found["worker"] for found in call("GET", path).body] == ["me@host:22", "other"]
    assert call("DELETE", f"{path}/me@host:22").body["worker"] == "me@host:22"
    assert call("DELETE", f"{path}/me@host:22").status == 404
    for hostile in ("-oProxyCommand=x", "a b", "host;id", "host:port", ""):
        assert call("POST", path, [hostile]).status == 422, hostile
