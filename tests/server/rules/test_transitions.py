"""Every move of a job, by every operation, from every status: over HTTP, as a stranger sees it."""

from __future__ import annotations

import pytest
from nodes import NODE
from server.plain_http import Http
from server.rules.plain_model import ACTIVE, ENDED, NOT_CLAIMED, REPORTED, WAYS

EACH = sorted(WAYS)
TIME = "2024-01-01T00:00:00.000Z"
FREE = {"num_cpus": 4, "memory_gb": 8.0, "num_gpus": 0, "num_nodes": 1}


class Life:
    """A workflow with one job to look at, brought into a status by the calls that lead there."""

    def __init__(self, call: Http, status: str) -> None:
        self.call = call
        self.workflow_id = call.make_workflow()
        node = NODE | {"start_time": TIME}
        node |= FREE | {"workflow_id": self.workflow_id, "is_active": True}
        self.node_id = self.must("POST", "/compute_nodes", node)["id"]
        self.seq = 0
        after = [self.add("before")] if status == "blocked" else []
        self.job_id = self.add("job", depends_on_job_ids=after)
        if status == "disabled":
            self.must("PUT", f"/jobs/{self.job_id}", {"status": "disabled"})
        elif status != "uninitialized":
            self.must("POST", f"/workflows/{self.workflow_id}/initialize_jobs")
        if status not in {"uninitialized", "disabled", "blocked", "ready"}:
            self.turn(work={"resources": FREE, "max_jobs": 1})
        if status not in NOT_CLAIMED | {"disabled"}:
            self.must("PUT", f"/jobs/{self.job_id}/start_job/0/{self.node_id}")
        if status in REPORTED:
            assert self.complete(status).status == 200
        assert self.status == status

    def must(self, *request, **query):
        reply = self.call(*request, **query)
        assert reply.status == 200, reply.text
        return reply.body

    def add(self, name, **fields):
        job = {"workflow_id": self.workflow_id, "name": name, "command": "true"} | fields
        return self.must("POST", "/jobs", job)["id"]

    def turn(self, **fields):
        self.seq += 1
        turn = {"seq": self.seq} | fields
        return self.must("POST", f"/compute_nodes/{self.node_id}/exchange", turn)

    def complete(self, status, attempt_id=1, code=0):
        result = {
            "job_id": self.job_id,
            "workflow_id": self.workflow_id,
            "run_id": 0,
            "attempt_id": attempt_id,
            "compute_node_id": self.node_id,
            "return_code": code,
            "exec_time_minutes": 0.1,
            "completion_time": TIME,
            "status": status if status in REPORTED else "completed",
        }
        return self.call("POST", f"/jobs/{self.job_id}/complete_job/{status}/0", result)

    @property
    def status(self):
        return self.must("GET", f"/jobs/{self.job_id}")["status"]

    def outcome(self, reply, wanted=None):
        """Return the HTTP status and what the job is now; a 409 names what it is and should be."""
        if reply.status == 409:
            assert reply.problem["code"] == "illegal_transition"
            assert reply.problem["status"] == self.status
            assert wanted is None or reply.problem["wanted"] == wanted
            assert self.status in reply.problem["message"]
            assert reply.problem["hint"]
        return reply.status, self.status


def outcomes(call, present, ask):
    """Return for each status what comes of asking for it; what is refused changes nothing."""
    found = {}
    life = Life(call, present)
    for wanted in EACH:
        found[wanted] = ask(life, wanted)
        if found[wanted][0] in {200, "ok"}:
            life = Life(call, present)
    return found


def managed(present, wanted):
    if wanted in {"completed", "terminated"}:
        return 422, present  # only a runner reports these
    if wanted == present:
        return 200, present
    beyond = wanted == "uninitialized" or (present, wanted) == ("ready", "running")
    if (wanted not in WAYS[present] and not beyond) or (present, wanted) == ("running", "failed"):
        return (422 if wanted in ENDED else 409), present
    return 200, wanted


@pytest.mark.parametrize("present", EACH)
def test_manage_status_change_knows_the_ways_of_the_sheet_and_two_others(call, present):
    def ask(life, wanted):
        path = f"/jobs/{life.job_id}/manage_status_change/{wanted}/0"
        return life.outcome(call("PUT", path), wanted)

    expected = {wanted: managed(present, wanted) for wanted in EACH}
    assert outcomes(call, present, ask) == expected


def completed(present, end):
    if end not in REPORTED or present in ENDED | {"pending_failed"}:
        return 422, present  # no end, or its attempt has another result already
    if present in NOT_CLAIMED or end in WAYS[present]:
        return 200, end
    return 409, present


@pytest.mark.parametrize("present", EACH)
def test_complete_job_ends_what_has_not_ended_and_is_not_disabled(call, present):
    def ask(life, end):
        return life.outcome(life.complete(end, code=3), end)

    assert outcomes(call, present, ask) == {end: completed(present, end) for end in EACH}


def test_another_attempt_of_a_job_that_waits_for_a_decision_can_only_let_it_fail(call):
    def ask(life, end):
        return life.outcome(life.complete(end, attempt_id=2), end)

    found = outcomes(call, "pending_failed", ask)
    assert found.pop("failed") == (200, "failed")
    assert {end for end, (status, _) in found.items() if status == 409} == REPORTED - {"failed"}
    assert {now for _, now in found.values()} == {"pending_failed"}


@pytest.mark.parametrize("present", sorted(REPORTED))
def test_the_identical_report_again_is_no_conflict(call, present):
    life = Life(call, present)
    assert life.outcome(life.complete(present)) == (200, present)


STARTED = {"pending": "running", "running": "running"}
RETRIED = dict.fromkeys(("running", "failed", "terminated", "pending_failed"), "ready")
DISABLED = {"uninitialized": "disabled", "disabled": "disabled"}


@pytest.mark.parametrize("present", EACH)
def test_start_retry_and_disable_have_their_sources(call, present):
    for ways, wanted, request in (
        (STARTED, "running", lambda life: ("PUT", f"start_job/0/{life.node_id}", None)),
        (RETRIED, "ready", lambda _: ("POST", "retry/0?max_retries=3", None)),
        (DISABLED, "disabled", lambda _: ("PUT", "", {"status": "disabled"})),
    ):
        life = Life(call, present)
        method, path, body = request(life)
        reply = call(method, f"/jobs/{life.job_id}/{path}".rstrip("/"), body)
        refused = 422 if wanted == "disabled" else 409
        expected = (200, ways[present]) if present in ways else (refused, present)
        assert life.outcome(reply, wanted) == expected


@pytest.mark.parametrize("present", EACH)
def test_a_job_that_a_runner_holds_is_not_deleted(call, present):
    life = Life(call, present)
    reply = call("DELETE", f"/jobs/{life.job_id}")
    if present in ACTIVE:
        assert life.outcome(reply) == (409, present)
    else:
        assert reply.status == 200
        assert call("GET", f"/jobs/{life.job_id}").status == 404


@pytest.mark.parametrize("present", EACH)
def test_a_turn_ends_what_its_runner_holds(call, present):
    def ask(life, end):
        token = int(present not in {"uninitialized", "disabled", "blocked", "ready"})
        report = {"job_id": life.job_id, "token": token, "status": end, "return_code": 0}
        report |= {"exec_time_minutes": 0.1, "completion_time": TIME}
        (outcome,) = life.turn(ends=[report])["outcomes"]
        return outcome["result"], life.status

    def expected(end):
        return ("ok", end) if present in ACTIVE and end in REPORTED else ("illegal", present)

    assert outcomes(call, present, ask) == {end: expected(end) for end in EACH}


def initialize(life, **query):
    life.must("POST", f"/workflows/{life.workflow_id}/initialize_jobs", **query)


def reset(life, **query):
    life.must("POST", f"/workflows/{life.workflow_id}/reset_job_status", **query)


def cancel(life):
    life.must("PUT", f"/workflows/{life.workflow_id}/cancel")


def sign_off(life):
    life.must("PUT", f"/compute_nodes/{life.node_id}", {"is_active": False})


def release(life):
    life.turn(releases=[{"job_id": life.job_id, "token": 1}])


UNINITIALIZED = dict.fromkeys(EACH, "uninitialized")
FAILED = ("failed", "canceled", "terminated", "pending_failed")
OF_WORKFLOWS = {
    "initialize": (
        initialize,
        {"uninitialized": "ready", "terminated": "ready", "pending_failed": "ready"},
    ),
    "initialize what is new": (
        lambda life: initialize(life, only_uninitialized="true"),
        {"uninitialized": "ready", "terminated": "ready"},
    ),
    "reset all": (reset, UNINITIALIZED),
    "reset failed": (
        lambda life: reset(life, failed_only="true"),
        dict.fromkeys(FAILED, "uninitialized"),
    ),
    "cancel": (cancel, dict.fromkeys(ACTIVE, "canceled")),
    "sign off": (sign_off, dict.fromkeys(ACTIVE, "ready")),
    "release": (release, dict.fromkeys(ACTIVE, "ready")),
}
"""What an operation makes of jobs by what they are; of all others nothing else."""


@pytest.mark.parametrize("operation", OF_WORKFLOWS)
def test_what_operations_on_whole_workflows_make_of_jobs(call, operation):
    do, moves = OF_WORKFLOWS[operation]
    found = {}
    for present in EACH:
        life = Life(call, present)
        do(life)
        found[present] = life.status
    assert found == dict(zip(EACH, EACH, strict=True)) | moves
