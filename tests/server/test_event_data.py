"""What the server writes into events, to the letter: clients filter by these keys and words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from server.plain_http import Http

EXPECTED = Path(__file__).parent.parent / "data" / "events.json"
TIME = "2026-01-01T00:00:00.000Z"
IDS = {
    "job_id": "jobs",
    "compute_node_id": "nodes",
    "action_id": "actions",
    "scheduled_compute_node_id": "allocations",
    "scheduler_config_id": "schedulers",
    "resource_requirements_id": "requirements",
}
"""Keys whose values differ from server to server, and what they are ids of."""


class Scenario:
    """A workflow in which every type of event happens that the server writes."""

    def __init__(self, call):
        self.call = call
        self.workflow = call.make_workflow(use_pending_failed=True)
        self.made = {kind: [] for kind in IDS.values()}
        self.tokens = {}
        self.seq = 0

    def do(self, method, path, body=None, **query):
        reply = self.call(method, path, body, **query)
        assert reply.status == 200, reply.text
        return reply.body

    def create(self, kind, path, **values):
        body = {"workflow_id": self.workflow} | values
        made = self.do("POST", path, body)["id"]
        self.made[kind].append(made)
        return made

    def job(self, name, **values):
        return self.create("jobs", "/jobs", name=name, command="c", **values)

    def node(self):
        values = {"hostname": "n01", "pid": 1, "start_time": TIME, "num_cpus": 16}
        values |= {"memory_gb": 8.0, "num_gpus": 0, "num_nodes": 1, "compute_node_type": "local"}
        return self.create("nodes", "/compute_nodes", **values)

    def exchange(self, node, **fields):
        self.seq += 1
        reply = self.do("POST", f"/compute_nodes/{node}/exchange", {"seq": self.seq} | fields)
        self.tokens |= {item["job"]["id"]: item["token"] for item in reply["jobs"]}
        return reply

    def claim(self, node):
        free = {"num_cpus": 16, "memory_gb": 8.0, "num_gpus": 0, "num_nodes": 1}
        self.exchange(node, work={"resources": free, "max_jobs": 100})

    def start(self, node, job):
        start = {"job_id": job, "token": self.tokens[job], "start_time": TIME}
        self.exchange(node, starts=[start])

    def end(self, node, job, status, code, **fields):
        end = {"job_id": job, "token": self.tokens[job], "status": status, "return_code": code}
        end |= {"exec_time_minutes": 1.0, "completion_time": TIME}
        self.exchange(node, ends=[end | fields])

    def work(self, path, method="POST", **query):
        return self.do(method, f"/workflows/{self.workflow}/{path}", **query)

    def set_status(self, job, status, run_id=0):
        self.do("PUT", f"/jobs/{job}/manage_status_change/{status}/{run_id}")

    def events(self):
        listed = self.do("GET", "/events", workflow_id=self.workflow)["items"]
        return [{key: self.named(key, value) for key, value in e["data"].items()} for e in listed]

    def named(self, key, value):
        """Return a value of an event; for an id, of which record it is, in order of creation."""
        if key not in IDS or value is None:
            return value
        kind = IDS[key]
        return f"{kind}[{self.made[kind].index(value)}]"


def play(call):
    """Let everything happen and return the data of all events."""
    s = Scenario(call)
    _run_most_jobs(s)
    _change_the_rest(s)
    return s.events() + _run_to_the_end(call)


def _run_most_jobs(s):
    good, bad = s.job("good"), s.job("bad")
    s.job("after-bad", depends_on_job_ids=[bad])
    s.job("after-good", depends_on_job_ids=[good])
    killed, unsure, again = s.job("killed"), s.job("unsure"), s.job("again")
    disabled, deleted, mine = s.job("disabled"), s.job("deleted"), s.job("mine")
    spawner = s.job("spawner")
    s.do("PUT", f"/jobs/{disabled}", {"status": "disabled"})
    s.work("initialize_jobs")
    needs = s.create("requirements", "/resource_requirements", name="n", num_cpus=2)
    s.do("PUT", f"/resource_requirements/{needs}", {"num_cpus": 3})
    node = s.node()
    s.set_status(mine, "canceled")
    s.do("DELETE", f"/jobs/{deleted}")
    s.claim(node)
    for job in (good, bad, unsure, spawner):
        s.start(node, job)
    spawned = s.do("POST", f"/jobs/{spawner}/spawn_jobs", {"jobs": [{"name": "s", "command": "c"}]})
    s.made["jobs"] += spawned["spawned_job_ids"]
    s.end(node, good, "completed", 0)
    s.end(node, bad, "failed", 1)
    s.end(node, killed, "terminated", -15, start_time=TIME)
    s.end(node, unsure, "pending_failed", 3)
    s.end(node, again, "failed", 2, start_time=TIME, retry=True)
    s.end(node, spawner, "canceled", 1)
    s.do("POST", f"/jobs/{bad}/retry/0", max_retries=5)
    s.set_status(unsure, "failed")
    s.claim(node)
    s.do("PUT", f"/compute_nodes/{node}", {"is_active": False})


def _change_the_rest(s):
    good, node = s.made["jobs"][0], s.made["nodes"][0]
    config = {"name": "s", "account": "a", "nodes": 1, "walltime": "01:00:00"}
    scheduler = s.create("schedulers", "/slurm_schedulers", **config)
    allocation = {"scheduler_id": 7, "scheduler_config_id": scheduler}
    allocation |= {"scheduler_type": "slurm", "status": "pending"}
    s.create("allocations", "/scheduled_compute_nodes", **allocation)
    actions = f"/workflows/{s.workflow}/actions"
    action = {"trigger_type": "on_workflow_start", "action_type": "run_commands"}
    for claimer in ({}, {"compute_node_id": node}):
        made = s.create("actions", actions, action_config={"commands": ["c"]}, **action)
        s.do("POST", f"{actions}/{made}/claim", claimer)
    s.work("process_changed_job_inputs")
    s.work("cancel", "PUT")
    s.work("reset_status", force="true")
    s.do("PUT", f"/jobs/{good}", {"invocation_script": "other"})
    s.work("process_changed_job_inputs")
    s.work("reset_job_status", failed_only="true")
    s.work("reset_job_status")
    s.work("initialize_jobs", only_uninitialized="true")
    s.do("POST", f"/workflows/{s.workflow}/archive", {"is_archived": True})
    s.do("POST", f"/workflows/{s.workflow}/archive", {"is_archived": False})
    other = s.node()
    s.claim(other)
    s.work("cancel", "PUT")


def _run_to_the_end(call):
    s = Scenario(call)
    only = s.job("only")
    s.work("initialize_jobs", clear_ephemeral_user_data="true")
    node = s.node()
    s.claim(node)
    s.end(node, only, "completed", 0)
    return s.events()


@pytest.fixture(scope="module")
def events(server):
    return play(Http(server.port))


def test_events_are_written_to_the_letter(events):
    assert events == json.loads(EXPECTED.read_text())
