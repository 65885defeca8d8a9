"""Requests that are wrong or unusual: what they are told, and what lists make of them."""

from __future__ import annotations

import pytest

NODE = {
    "hostname": "h",
    "pid": 1,
    "start_time": "2026-01-01T00:00:00Z",
    "num_cpus": 4,
    "memory_gb": 4.0,
    "num_gpus": 0,
    "num_nodes": 1,
    "compute_node_type": "local",
}
ACTION = {"trigger_type": "on_workflow_start", "action_type": "run_commands"}
UNKNOWN = 999_999


@pytest.fixture
def ids(call, workflow_id):
    """Ids of a workflow, a job, a claimed job, a node, requirements; what to put into paths."""
    own = {"workflow_id": workflow_id}
    made = {"workflow": workflow_id}
    for kind, path, values in (
        ("claimed", "/jobs", {"name": "first", "command": "c"}),
        ("node", "/compute_nodes", NODE),
        ("requirements", "/resource_requirements", {"name": "big"}),
    ):
        made[kind] = call("POST", path, own | values).body["id"]
    call("POST", f"/workflows/{workflow_id}/initialize_jobs")
    call("POST", f"/workflows/{workflow_id}/claim_next_jobs")
    made["job"] = call("POST", "/jobs", own | {"name": "second", "command": "c"}).body["id"]
    return made


def result(ids, **changed):
    return {
        "workflow_id": ids["workflow"],
        "job_id": ids["claimed"],
        "compute_node_id": ids["node"],
        "run_id": 0,
        "return_code": 0,
        "exec_time_minutes": 0.5,
        "completion_time": "2026-01-01T00:00:00.000Z",
        "status": "completed",
    } | changed


OPAQUE = {
    "requirements named default": (
        422,
        lambda i: ("POST", "/resource_requirements", {"name": "default"}),
    ),
    "requirements renamed to default": (
        422,
        lambda i: ("PUT", f"/resource_requirements/{i['requirements']}", {"name": "default"}),
    ),
    "requirements with bad memory": (
        422,
        lambda i: ("PUT", f"/resource_requirements/{i['requirements']}", {"memory": "lots"}),
    ),
    "requirements with a bad runtime": (
        422,
        lambda i: ("PUT", f"/resource_requirements/{i['requirements']}", {"runtime": "1h"}),
    ),
    "requirements in use deleted": (
        409,
        lambda i: ("DELETE", f"/resource_requirements/{i['requirements'] - 1}", None),
    ),
    "a job with unknown requirements": (
        422,
        lambda i: (
            "POST",
            "/jobs",
            {"name": "j", "command": "c", "resource_requirements_id": UNKNOWN},
        ),
    ),
    "more jobs than one call may have": (
        422,
        lambda i: (
            "POST",
            "/bulk_jobs",
            {"jobs": [{"workflow_id": i["workflow"], "name": "j", "command": "c"}] * 100_001},
        ),
    ),
    "a missing job started": (
        404,
        lambda i: ("PUT", f"/jobs/{UNKNOWN}/start_job/0/{i['node']}", None),
    ),
    "an unclaimed job started": (
        409,
        lambda i: ("PUT", f"/jobs/{i['job']}/start_job/0/{i['node']}", None),
    ),
    "a job started in another run": (
        422,
        lambda i: ("PUT", f"/jobs/{i['claimed']}/start_job/7/{i['node']}", None),
    ),
    "a job completed as running": (
        422,
        lambda i: ("POST", f"/jobs/{i['claimed']}/complete_job/running/0", result(i)),
    ),
    "a missing job completed": (
        404,
        lambda i: ("POST", f"/jobs/{UNKNOWN}/complete_job/completed/0", result(i)),
    ),
    "a job completed in another run": (
        422,
        lambda i: ("POST", f"/jobs/{i['claimed']}/complete_job/completed/7", result(i, run_id=7)),
    ),
    "a result of nothing": (422, lambda i: ("POST", "/results", result(i, job_id=UNKNOWN))),
    "jobs claimed of no workflow": (
        404,
        lambda i: (
            "POST",
            f"/workflows/{UNKNOWN}/claim_jobs_based_on_resources/1",
            {"num_cpus": 1, "memory_gb": 1, "num_gpus": 0, "num_nodes": 1},
        ),
    ),
    "next jobs claimed of no workflow": (
        404,
        lambda i: ("POST", f"/workflows/{UNKNOWN}/claim_next_jobs", None),
    ),
    "completeness of no workflow": (
        404,
        lambda i: ("GET", f"/workflows/{UNKNOWN}/is_complete", None),
    ),
    "an action with a wrong configuration": (
        422,
        lambda i: (
            "POST",
            f"/workflows/{i['workflow']}/actions",
            ACTION | {"action_config": {"commands": "echo"}},
        ),
    ),
    "an action of unknown jobs": (
        404,
        lambda i: (
            "POST",
            f"/workflows/{i['workflow']}/actions",
            {
                **ACTION,
                "trigger_type": "on_jobs_ready",
                "action_config": {"commands": []},
                "job_ids": [UNKNOWN],
            },
        ),
    ),
    "members of no group": (404, lambda i: ("GET", f"/access_groups/{UNKNOWN}/members", None)),
    "groups of no workflow": (404, lambda i: ("GET", f"/workflows/{UNKNOWN}/access_groups", None)),
    "a negative run": (
        422,
        lambda i: (
            "PUT",
            f"/workflows/{i['workflow']}/status",
            {"is_canceled": False, "run_id": -1},
        ),
    ),
    "a local scheduler of no workflow": (
        404,
        lambda i: ("POST", "/local_schedulers", {"workflow_id": UNKNOWN}),
    ),
    "an allocation of no workflow": (
        404,
        lambda i: (
            "POST",
            "/scheduled_compute_nodes",
            {
                "workflow_id": UNKNOWN,
                "scheduler_id": 1,
                "scheduler_config_id": 1,
                "scheduler_type": "slurm",
                "status": "pending",
            },
        ),
    ),
}
"""What the reference answers with a bare 500 or takes, the status that it deserves, the request."""


@pytest.mark.parametrize("case", OPAQUE)
def test_what_the_reference_answers_with_500_is_told_what_is_wrong(call, ids, case):
    status, request = OPAQUE[case]
    method, path, body = request(ids)
    if body is not None and "jobs" not in body:
        body = {"workflow_id": ids["workflow"]} | body

    reply = call(method, path, body)

    assert reply.status == status, reply.text
    assert reply.problem["message"]
    assert reply.problem["code"] in {"invalid", "not_found", "conflict", "illegal_transition"}


def test_a_second_result_of_one_attempt_is_refused_unless_it_is_the_same(call, ids):
    path = f"/jobs/{ids['claimed']}/complete_job/completed/0"

    first, again = (call("POST", path, result(ids)) for _ in range(2))
    other = call("POST", path, result(ids, return_code=1))

    assert (first.status, again.status, other.status) == (200, 200, 422), other.text
    assert call("POST", "/results", result(ids)).status == 409


def test_a_second_group_or_member_of_one_name_is_a_conflict(call, workflow_id):
    group = {"name": f"of workflow {workflow_id}"}
    member = {"user_name": "someone", "group_id": 1}

    first, second = (call("POST", "/access_groups", group) for _ in range(2))
    path = f"/access_groups/{first.body['id']}/members"
    joined, again = (call("POST", path, member) for _ in range(2))

    assert (first.status, second.status) == (200, 409)
    assert (joined.status, again.status) == (200, 409)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/local_schedulers", {}),
        ("/slurm_schedulers", {"account": "a", "nodes": 1, "walltime": "1:00"}),
        ("/resource_requirements", {"name": "least"}),
    ],
)
def test_what_may_be_left_out_may_be_left_out(call, workflow_id, path, body):
    assert call("POST", path, {"workflow_id": workflow_id} | body).status == 200


def test_trigger_types_may_be_repeated(call, workflow_id):
    triggers = {"on_workflow_start", "on_worker_start"}
    own = {"workflow_id": workflow_id}
    path = f"/workflows/{workflow_id}/actions"
    for trigger in triggers:
        action = ACTION | own | {"trigger_type": trigger, "action_config": {"commands": []}}
        assert call("POST", path, action).status == 200
    call("POST", f"/workflows/{workflow_id}/initialize_jobs")
    call("POST", "/compute_nodes", own | NODE)

    def pending(*wanted):
        query = "&".join(f"trigger_type={trigger}" for trigger in wanted)
        return {one["trigger_type"] for one in call("GET", f"{path}/pending?{query}").body}

    assert pending("on_worker_start") == {"on_worker_start"}
    assert pending("on_worker_start", "on_workflow_start") == triggers


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/ping", 200), ("GET", "/no", 404), ("PATCH", "/jobs", 405), ("GET", "/jobs", 400)],
)
def test_every_answer_names_its_request(call, method, path, status):
    reply = call(method, path, headers={"X-Span-ID": "my-span"})

    assert (reply.status, reply.headers["x-span-id"]) == (status, "my-span")


def test_a_refused_stranger_is_told_the_id_of_the_request(make_server, http_of, tmp_path):
    token = tmp_path / "token"
    token.write_text("a-secret-of-some-length")
    token.chmod(0o600)
    stranger = http_of(make_server("--token-file", str(token)))

    reply = stranger("GET", "/workflows", headers={"X-Span-ID": "my-span"})

    assert (reply.status, reply.headers["x-span-id"]) == (401, "my-span")
    assert reply.problem["message"]


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("job_dependencies", "job_name"),
        ("job_file_relationships", "file_path"),
        ("job_user_data_relationships", "user_data_name"),
    ],
)
def test_what_connects_jobs_is_sorted_and_paged_like_any_list(call, workflow_id, name, field):
    own = {"workflow_id": workflow_id}
    related = {"output_file_ids": [], "output_user_data_ids": []}
    for number in (3, 1, 2):
        file = call("POST", "/files", own | {"name": f"f{number}", "path": f"/{number}"})
        data = call("POST", "/user_data", own | {"name": f"d{number}"})
        related["output_file_ids"].append(file.body["id"])
        related["output_user_data_ids"].append(data.body["id"])
    first = call("POST", "/jobs", own | related | {"name": "first", "command": "c"}).body["id"]
    for number in (3, 1, 2):
        waiting = {"name": f"j{number}", "command": "c", "depends_on_job_ids": [first]}
        call("POST", "/jobs", own | waiting)
    path = f"/workflows/{workflow_id}/{name}"

    rising = call("GET", path, sort_by=field).body
    falling = call("GET", path, sort_by=field, reverse_sort="true").body
    rest = call("GET", path, sort_by=field, offset=1, limit=1).body

    values = [item[field] for item in rising["items"]]
    assert values == sorted(values)
    assert len(values) == 3
    assert [item[field] for item in falling["items"]] == values[::-1]
    assert [item[field] for item in rest["items"]] == values[1:2]
    assert (rest["total_count"], rest["has_more"], rising["has_more"]) == (3, True, False)
    assert call("GET", path, sort_by="nmae").status == 422


LISTS = [
    "/workflows",
    *(
        f"/{name}?workflow_id={{}}"
        for name in (
            *("jobs", "files", "user_data", "results", "events", "resource_requirements"),
            *("local_schedulers", "slurm_schedulers", "compute_nodes", "scheduled_compute_nodes"),
        )
    ),
    *(
        f"/workflows/{{}}/{name}"
        for name in (
            *("failure_handlers", "job_dependencies", "job_file_relationships"),
            "job_user_data_relationships",
        )
    ),
]


@pytest.mark.parametrize("path", LISTS)
def test_every_list_is_paged_and_sorted_by_its_own_fields_only(call, workflow_id, path):
    path = path.format(workflow_id) + ("&" if "?" in path else "?")

    plain = call("GET", f"{path}limit=999999").body
    unknown_field = call("GET", f"{path}sort_by=id;drop")

    assert plain["count"] == len(plain["items"])
    assert plain["max_limit"] == 10_000
    assert plain["has_more"] == (plain["offset"] + plain["count"] < plain["total_count"])
    assert call("GET", f"{path}offset=5000000").body["has_more"] is False
    assert unknown_field.status == 422
    assert "workflow_id" in unknown_field.problem["hint"] or path.startswith("/workflows?")
    assert call("GET", f"{path}limit=-1").status == 400
    assert call("GET", f"{path}offset=-1").status == 400
