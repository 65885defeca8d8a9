"""The conventions of the interface, line by line, where requests are wrong or unusual."""

from __future__ import annotations

import json

import pytest

from torc_core.model.exchange import Exchange
from torc_core.model.job import Jobs
from torc_server.bodies import MAX_DEPTH, check_limits
from torc_server.unknown_fields import note_unknown_fields

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
NOBODY = 999_999


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
            {"name": "j", "command": "c", "resource_requirements_id": NOBODY},
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
        lambda i: ("PUT", f"/jobs/{NOBODY}/start_job/0/{i['node']}", None),
    ),
    "an unclaimed job started": (
        409,
        lambda i: ("PUT", f"/jobs/{i['job']}/start_job/0/{i['node']}", None),
    ),
    "a job started by nobody": (
        404,
        lambda i: ("PUT", f"/jobs/{i['claimed']}/start_job/0/{NOBODY}", None),
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
        lambda i: ("POST", f"/jobs/{NOBODY}/complete_job/completed/0", result(i)),
    ),
    "a job completed in another run": (
        422,
        lambda i: ("POST", f"/jobs/{i['claimed']}/complete_job/completed/7", result(i, run_id=7)),
    ),
    "a result of nothing": (422, lambda i: ("POST", "/results", result(i, job_id=NOBODY))),
    "jobs claimed of no workflow": (
        404,
        lambda i: (
            "POST",
            f"/workflows/{NOBODY}/claim_jobs_based_on_resources/1",
            {"num_cpus": 1, "memory_gb": 1, "num_gpus": 0, "num_nodes": 1},
        ),
    ),
    "next jobs claimed of no workflow": (
        404,
        lambda i: ("POST", f"/workflows/{NOBODY}/claim_next_jobs", None),
    ),
    "completeness of no workflow": (
        404,
        lambda i: ("GET", f"/workflows/{NOBODY}/is_complete", None),
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
                "job_ids": [NOBODY],
            },
        ),
    ),
    "members of no group": (404, lambda i: ("GET", f"/access_groups/{NOBODY}/members", None)),
    "groups of no workflow": (404, lambda i: ("GET", f"/workflows/{NOBODY}/access_groups", None)),
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
        lambda i: ("POST", "/local_schedulers", {"workflow_id": NOBODY}),
    ),
    "an allocation of no workflow": (
        404,
        lambda i: (
            "POST",
            "/scheduled_compute_nodes",
            {
                "workflow_id": NOBODY,
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


@pytest.mark.parametrize("text", ["1", "0", "True", "FALSE", "yes", "", "null"])
def test_booleans_of_a_query_are_spelled_out(call, workflow_id, text):
    reply = call("GET", "/jobs", workflow_id=workflow_id, include_relationships=text)

    assert reply.status == 400
    assert "include_relationships" in reply.problem["message"]


@pytest.mark.parametrize("text", ["1.0", "1e3", "+1", " 1", "null", "", "0x1", "٣"])
def test_numbers_of_a_query_are_digits(call, text):
    assert call("GET", "/workflows", limit=text).status == 400


def test_the_first_of_repeated_keys_counts(call, workflow_id):
    path = f"/files?workflow_id={workflow_id}&limit=1&limit=x&offset=3&offset=4"

    assert call("GET", path).body["offset"] == 3


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
    ("method", "path"),
    [
        ("PUT", "/jobs/1/manage_status_change/sleeping/1"),
        ("POST", "/workflows/1/claim_jobs_based_on_resources/1?sort_method=best"),
        ("GET", "/jobs?workflow_id=1&status=sleeping"),
        ("GET", "/results?workflow_id=1&status=sleeping"),
    ],
)
def test_unknown_words_of_a_path_or_a_query_are_answered_with_400(call, workflow_id, method, path):
    path = path.replace("workflow_id=1", f"workflow_id={workflow_id}")
    body = {"num_cpus": 1, "memory_gb": 1, "num_gpus": 0, "num_nodes": 1}

    assert call(method, path, body if method == "POST" else None).status == 400


def test_a_missing_query_parameter_is_named(call):
    reply = call("GET", "/files")

    assert reply.status == 400
    assert reply.problem["message"] == "Missing required query parameter 'workflow_id'"
    assert reply.problem["field"] == "workflow_id"


@pytest.mark.parametrize(
    "path", ["/ping/", "//ping", "/workflows/", "/workflows/{}/", "/workflows/{}/actions/"]
)
def test_a_path_has_the_slashes_that_it_is_served_with(call, workflow_id, path):
    path = path.format(workflow_id)

    assert call("GET", path).status == 404
    assert call("GET", f"/{path.strip('/')}").status == 200


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/ping", "GET, OPTIONS"),
        ("/workflows", "GET, OPTIONS, POST"),
        ("/user_data", "DELETE, GET, OPTIONS, POST"),
        ("/workflows/1", "DELETE, GET, OPTIONS, PUT"),
    ],
)
def test_a_path_tells_its_methods(call, path, methods):
    reply = call("OPTIONS", path)

    assert (reply.status, reply.headers["allow"], reply.text) == (204, methods, "")


@pytest.mark.parametrize("garbage", [b"{", b"\xff", b"[" * 9999, b'{"a": 1e999}', b"\0"])
def test_a_body_that_nobody_reads_may_be_anything(call, garbage):
    workflow_id = call.make_workflow()

    assert call("POST", f"/workflows/{workflow_id}/initialize_jobs", garbage).status == 200
    assert call("PUT", f"/workflows/{workflow_id}/cancel", garbage).status == 200
    assert call("DELETE", f"/workflows/{workflow_id}", garbage).status == 200


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


@pytest.mark.parametrize("content_type", ["", "text/plain", "multipart/form-data", "a/b; c=d"])
def test_a_body_is_json_whatever_its_header_says(call, content_type):
    body = {"name": "w", "user": "u"}

    assert call("POST", "/workflows", body, {"Content-Type": content_type}).status == 200


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"jobs": [{"workflow_id": "1", "name": "j", "command": "c"}]}, "jobs[0].workflow_id"),
        ({"jobs": [{"workflow_id": 1, "command": "c"}]}, "jobs[0].name"),
        ({"jobs": 1}, "jobs"),
        ({}, "jobs"),
        ([], None),
    ],
)
def test_a_wrong_body_is_told_where_it_is_wrong(call, body, where):
    reply = call("POST", "/bulk_jobs", body)

    assert reply.status == 400
    assert reply.problem.get("field") == where


@pytest.mark.parametrize("text", ["\0", "a\0b", "\\\0"])
def test_no_text_holds_nul(call, workflow_id, text):
    own = {"workflow_id": workflow_id}

    replies = [
        call("POST", "/jobs", own | {"name": "j", "command": text}),
        call("POST", "/user_data", own | {"name": "d", "data": {"x": [text]}}),
        call("POST", "/user_data", own | {"name": "d", "data": {text: 1}}),
        call("GET", "/workflows", name=text),
        call("DELETE", f"/workflows/{workflow_id}/remote_workers/a%00b"),
    ]

    assert [reply.status for reply in replies] == [400] * 5
    assert all("NUL" in reply.problem["message"] for reply in replies)


def test_a_text_about_nul_is_no_nul(call, workflow_id):
    body = {"workflow_id": workflow_id, "name": "j", "command": r"printf '\u0000' \\u0000"}

    assert call("POST", "/jobs", body).body["command"] == body["command"]


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 2**64, 10**40])
def test_no_whole_number_has_more_than_64_bits(call, workflow_id, number):
    own = {"workflow_id": workflow_id, "name": "d"}

    for body in (own | {"data": [{"n": number}]}, own | {"id": number}):
        reply = call("POST", "/user_data", body)
        assert reply.status == 400, reply.text
        assert "64 bits" in reply.problem["message"]


def test_the_largest_numbers_are_kept(call, workflow_id):
    data = [2**63 - 1, -(2**63), 1e300, "9" * 40]
    body = {"workflow_id": workflow_id, "name": "d", "data": data}

    assert call("POST", "/user_data", body).body["data"] == data


@pytest.mark.parametrize("constant", [b"NaN", b"Infinity", b"-Infinity", b"1e999", rb'"\ud800"'])
def test_what_is_not_json_is_refused_everywhere(call, workflow_id, constant):
    body = b'{"workflow_id": %d, "name": "d", "data": %s}' % (workflow_id, constant)

    assert call("POST", "/user_data", body).status == 400


def test_json_is_nested_up_to_a_limit(call, workflow_id):
    def nested(levels):
        return json.loads("[" * levels + "]" * levels)

    own = {"workflow_id": workflow_id, "name": "d"}

    kept = call("POST", "/user_data", own | {"data": nested(MAX_DEPTH - 1)})
    refused = call("POST", "/user_data", own | {"data": nested(MAX_DEPTH)})

    assert call("GET", f"/user_data/{kept.body['id']}").body["data"] == nested(MAX_DEPTH - 1)
    assert refused.status == 400
    assert "levels" in refused.problem["message"]


def test_brackets_in_a_text_are_no_nesting():
    check_limits(json.dumps({"command": "[" * 5000 + '\\"{', "more": [[]] * 200}).encode())


def test_a_field_that_nobody_reads_is_named(call):
    body = {"name": "w", "user": "u", "nmae": 1, "\x1b[31mé": 2, "\n": 3}

    reply = call("POST", "/workflows", body)

    assert reply.status == 200
    warning = reply.headers["warning"]
    assert warning == r'Ignoring unknown fields in body: ["nmae", "[31m\u00e9", ""]'
    assert "warning" not in call("POST", "/workflows", {"name": "w", "user": "u"}).headers


def test_a_misspelt_field_is_named_where_its_lack_is_the_error(call):
    reply = call("POST", "/workflows", {"nmae": "w", "user": "u"})

    assert reply.status == 400
    assert '"nmae"' in reply.headers["warning"]


def unknown(body, body_type):
    scope = {"state": {}}
    note_unknown_fields(scope, json.dumps(body).encode(), body_type)
    return scope["state"].get("unknown_fields", [])


def test_unknown_fields_are_found_at_any_depth_each_once():
    jobs = [{"nmae": 1, "env": {"FREE": "x"}, "schedule_compute_nodes": {"free": 1}}] * 3
    resources = {"gpus": 1}

    assert unknown({"jobs": jobs, "x": 1}, Jobs) == ["x", "jobs[].nmae"]
    assert unknown({"work": {"resources": resources, "node": resources}}, Exchange) == [
        "work.resources.gpus",
        "work.node.gpus",
    ]
    assert unknown({"work": None, "ends": [], "seq": "of another type"}, Exchange) == []


def test_a_warning_has_an_end():
    names = unknown({f"{number}" * 400: 1 for number in range(10, 90)}, Jobs)

    assert len(names) == 20
    assert max(map(len, names)) == 100


@pytest.mark.parametrize("body", [[], 1, None, "x", {"jobs": 1}, {"jobs": [1, None]}])
def test_what_is_of_another_shape_has_no_unknown_fields(body):
    assert unknown(body, Jobs) == []


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
