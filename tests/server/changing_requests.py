"""One request of each operation that changes something, in a workflow of its own."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from server.test_event_data import TIME, Scenario


class Request(NamedTuple):
    method: str
    path: str
    body: object = None
    query: Mapping[str, object] = MappingProxyType({})


RESULT = {
    "status": "completed",
    "return_code": 0,
    "exec_time_minutes": 1.0,
    "completion_time": TIME,
    "attempt_id": 1,
    "run_id": 0,
}
RESOURCES = {"num_cpus": 4, "memory_gb": 8.0, "num_gpus": 0, "num_nodes": 1}
RECORDS = {
    "files": {"name": "f", "path": "/f"},
    "user_data": {"name": "d", "data": {"a": 1}},
    "ro_crate_entities": {"entity_id": "e", "entity_type": "File", "metadata": {}},
    "events": {"timestamp": 1, "data": {"event_type": "note", "text": "t"}},
    "resource_requirements": {"name": "r", "num_cpus": 2},
    "failure_handlers": {"name": "h", "rules": "[]"},
    "local_schedulers": {"name": "l", "num_cpus": 3},
    "slurm_schedulers": {"name": "s", "account": "a", "nodes": 1, "walltime": "01:00:00"},
    "compute_nodes": RESOURCES
    | {"hostname": "n01", "pid": 1, "start_time": TIME, "compute_node_type": "local"},
    "scheduled_compute_nodes": {
        "scheduler_id": 7,
        "scheduler_type": "slurm",
        "status": "pending",
    },
}
"""A record of each kind that is served alike, by its path; `results` need a job."""


class Story(Scenario):
    """A workflow with what a request needs."""

    def record(self, path):
        values = RECORDS.get(path) or self.result()
        if path == "scheduled_compute_nodes":
            values = values | {"scheduler_config_id": self.record("slurm_schedulers")["id"]}
        return self.do("POST", f"/{path}", {"workflow_id": self.workflow} | values)

    def result(self):
        return RESULT | {"job_id": self.job("j"), "compute_node_id": self.node()}

    def group(self):
        return self.do("POST", "/access_groups", {"name": f"group {self.workflow}"})["id"]

    def claimed(self):
        """Return a claimed job and the node that has claimed it."""
        job = self.job("claimed")
        self.work("initialize_jobs")
        node = self.node()
        self.claim(node)
        return job, node

    def running(self):
        job, node = self.claimed()
        self.start(node, job)
        return job, node

    def failed(self):
        job, node = self.running()
        self.end(node, job, "failed", 1)
        return job

    def completed(self):
        """Return what a client of the reference reports of a job that runs."""
        job, node = self.running()
        return job, RESULT | {"workflow_id": self.workflow, "job_id": job, "compute_node_id": node}

    def action(self):
        values = {"trigger_type": "on_workflow_start", "action_type": "run_commands"}
        return self.do("POST", self.own("actions"), self.owned(values))["id"]

    def recovery(self):
        values = {"kind": "recover", "run_id": 0, "number": 1, "holder": "ann:1"}
        return self.do_created("/recoveries", self.owned(values))["id"]

    def do_created(self, path, body):
        reply = self.call("POST", path, body)
        assert reply.status == 201, reply.text
        return reply.body

    def own(self, path):
        return f"/workflows/{self.workflow}/{path}"

    def owned(self, values):
        action = {"action_config": {"commands": ["c"]}} if "action_type" in values else {}
        return {"workflow_id": self.workflow} | values | action


CASES = {}
"""By operation id: a function that furnishes a workflow and returns the request."""


def case(make):
    CASES[make.__name__] = make
    return make


def _records(path, one, many, *operations):
    """Add the cases of records that are served alike."""
    requests = {
        f"create_{one}": lambda s: Request("POST", f"/{path}", s.owned(_new(s, path))),
        f"update_{one}": lambda s: Request("PUT", *_changed(s, path)),
        f"delete_{one}": lambda s: Request("DELETE", f"/{path}/{s.record(path)['id']}"),
        f"delete_{many}": lambda s: Request("DELETE", *_all(s, path)),
    }
    CASES.update({name: make for name, make in requests.items() if name not in operations})


def _new(s, path):
    if path == "results":
        return s.result()
    if path == "scheduled_compute_nodes":
        return RECORDS[path] | {"scheduler_config_id": s.record("slurm_schedulers")["id"]}
    return RECORDS[path]


def _changed(s, path):
    made = s.record(path)
    field = next(name for name in ("name", "entity_type", "num_cpus", "status") if name in made)
    new = {"num_cpus": 3, "status": "active"}.get(field, "new")
    if path == "results":
        field, new = "return_code", 3
    return f"/{path}/{made['id']}", made | {field: new}


def _all(s, path):
    s.record(path)
    return f"/{path}", None, {"workflow_id": s.workflow}


_records("files", "file", "files")
_records("user_data", "user_data", "all_user_data")
_records("results", "result", "results")
_records("events", "event", "events", "update_event")
_records("local_schedulers", "local_scheduler", "local_schedulers")
_records("slurm_schedulers", "slurm_scheduler", "slurm_schedulers")
_records("compute_nodes", "compute_node", "compute_nodes")
_records("scheduled_compute_nodes", "scheduled_compute_node", "scheduled_compute_nodes")
_records(
    "ro_crate_entities",
    "ro_crate_entity",
    "ro_crate_entities",
    "delete_ro_crate_entities",
)
_records(
    "failure_handlers",
    "failure_handler",
    "failure_handlers",
    "update_failure_handler",
    "delete_failure_handlers",
)
_records("resource_requirements", "resource_requirements", "resource_requirements")


@case
def delete_resource_requirement(s):
    made = s.record("resource_requirements")["id"]
    return Request("DELETE", f"/resource_requirements/{made}")


@case
def delete_resource_requirements(s):
    return Request("DELETE", *_all(s, "resource_requirements"))


@case
def delete_ro_crate_entities(s):
    s.record("ro_crate_entities")
    return Request("DELETE", s.own("ro_crate_entities"))


@case
def create_slurm_stats(s):
    body = s.owned({"job_id": s.job("j"), "run_id": 0, "attempt_id": 1, "slurm_job_id": "7"})
    return Request("POST", "/slurm_stats", body)


@case
def update_event(s):
    return Request("PUT", f"/events/{s.record('events')['id']}", {"text": "new"})


@case
def create_files(s):
    files = [s.owned(RECORDS["files"]), s.owned({"name": "g", "path": "/g"})]
    return Request("POST", "/bulk_files", {"files": files})


@case
def create_user_data_list(s):
    return Request("POST", "/bulk_user_data", {"user_data": [s.owned(RECORDS["user_data"])]})


@case
def create_results(s):
    return Request("POST", "/bulk_results", {"results": [s.owned(s.result())]})


@case
def create_job(s):
    return Request("POST", "/jobs", s.owned({"name": "j", "command": "c"}))


@case
def create_jobs(s):
    jobs = [s.owned({"name": f"j{number}", "command": "c"}) for number in range(3)]
    return Request("POST", "/bulk_jobs", {"jobs": jobs})


@case
def update_job(s):
    return Request("PUT", f"/jobs/{s.job('j')}", {"command": "new"})


@case
def delete_job(s):
    return Request("DELETE", f"/jobs/{s.job('j')}")


@case
def delete_jobs(s):
    s.job("j")
    return Request("DELETE", "/jobs", None, {"workflow_id": s.workflow})


@case
def start_job(s):
    job, node = s.claimed()
    return Request("PUT", f"/jobs/{job}/start_job/0/{node}")


@case
def complete_job(s):
    job, result = s.completed()
    return Request("POST", f"/jobs/{job}/complete_job/completed/0", result)


@case
def batch_complete_jobs(s):
    job, result = s.completed()
    completion = {"job_id": job, "status": "completed", "run_id": 0, "result": result}
    return Request("POST", s.own("batch_complete_jobs"), {"completions": [completion]})


@case
def manage_status_change(s):
    return Request("PUT", f"/jobs/{s.failed()}/manage_status_change/uninitialized/0")


@case
def retry_job(s):
    return Request("POST", f"/jobs/{s.failed()}/retry/0", None, {"max_retries": 5})


@case
def change_jobs(s):
    body = {"change": "retry", "run_id": 0, "job_ids": [s.failed()]}
    return Request("POST", s.own("change_jobs"), body)


@case
def spawn_jobs(s):
    job, _ = s.running()
    return Request("POST", f"/jobs/{job}/spawn_jobs", {"jobs": [{"name": "n", "command": "c"}]})


@case
def claim_next_jobs(s):
    s.job("j")
    s.job("k")
    s.work("initialize_jobs")
    return Request("POST", s.own("claim_next_jobs"), None, {"limit": 1})


@case
def claim_jobs_based_on_resources(s):
    s.job("j")
    s.job("k")
    s.work("initialize_jobs")
    return Request("POST", s.own("claim_jobs_based_on_resources/1"), RESOURCES)


@case
def exchange(s):
    s.job("j")
    s.job("k")
    s.work("initialize_jobs")
    work = {"resources": RESOURCES, "max_jobs": 1}
    return Request("POST", f"/compute_nodes/{s.node()}/exchange", {"seq": 1, "work": work})


@case
def create_workflow(_):
    return Request("POST", "/workflows", {"name": "new", "user": "u"})


@case
def update_workflow(s):
    return Request("PUT", f"/workflows/{s.workflow}", {"description": "new"})


@case
def delete_workflow(s):
    s.job("j")
    return Request("DELETE", f"/workflows/{s.workflow}")


@case
def update_workflow_status(s):
    status = s.do("GET", s.own("status"))
    return Request("PUT", s.own("status"), status | {"run_id": 3})


@case
def archive_workflow(s):
    return Request("POST", s.own("archive"), {"is_archived": True})


@case
def cancel_workflow(s):
    s.running()
    return Request("PUT", s.own("cancel"))


@case
def initialize_jobs(s):
    s.job("j")
    return Request("POST", s.own("initialize_jobs"))


@case
def process_changed_job_inputs(s):
    s.failed()
    return Request("POST", s.own("process_changed_job_inputs"))


@case
def reset_job_status(s):
    s.failed()
    return Request("POST", s.own("reset_job_status"), None, {"failed_only": "true"})


@case
def reset_jobs(s):
    return Request("POST", s.own("reset_jobs"), {"job_ids": [s.failed()]})


@case
def reset_workflow_status(s):
    s.failed()
    return Request("POST", s.own("reset_status"), None, {"force": "true"})


@case
def assign_scheduler(s):
    scheduler = s.record("slurm_schedulers")["id"]
    body = {"scheduler_id": scheduler, "job_ids": [s.job("j")]}
    return Request("POST", s.own("assign_scheduler"), body)


@case
def start_workflow(s):
    s.job("j")
    return Request("POST", s.own("start"), {"user": "u"})


@case
def resume_workflow(s):
    s.failed()
    return Request("POST", s.own("resume"), {"user": "u", "kind": "cold_resume"})


@case
def update_workflow_run(s):
    s.job("j")
    run = s.do("POST", s.own("start"), {"user": "u"})["run"]["id"]
    return Request("PUT", f"/workflow_runs/{run}", {"status": "failed", "exit_code": 1})


@case
def create_recovery(s):
    values = {"kind": "recover", "run_id": 0, "number": 1, "holder": "ann:1"}
    return Request("POST", "/recoveries", s.owned(values))


@case
def update_recovery(s):
    patch = {"holder": "ann:1", "step": "adjust"}
    return Request("PUT", f"/recoveries/{s.recovery()}", patch)


@case
def hold_recovery(s):
    return Request("POST", f"/recoveries/{s.recovery()}/hold", {"holder": "ann:1"})


@case
def create_workflow_action(s):
    values = {"trigger_type": "on_workflow_start", "action_type": "run_commands"}
    return Request("POST", s.own("actions"), s.owned(values))


@case
def claim_action(s):
    action = s.action()
    s.work("initialize_jobs")
    claim = {"compute_node_id": s.node()}
    return Request("POST", s.own(f"actions/{action}/claim"), claim)


@case
def complete_action(s):
    action, node = s.action(), s.node()
    s.work("initialize_jobs")
    s.do("POST", s.own(f"actions/{action}/claim"), {"compute_node_id": node})
    end = {"compute_node_id": node, "return_code": 0, "duration_seconds": 1.0}
    return Request("POST", s.own(f"actions/{action}/complete"), end)


@case
def create_remote_workers(s):
    return Request("POST", s.own("remote_workers"), ["ada@n01"])


@case
def delete_remote_worker(s):
    assert s.call("POST", s.own("remote_workers"), ["ada@n01"]).status == 201
    return Request("DELETE", s.own("remote_workers/ada@n01"))


@case
def create_access_group(s):
    return Request("POST", "/access_groups", {"name": f"new {s.workflow}"})


@case
def delete_access_group(s):
    return Request("DELETE", f"/access_groups/{s.group()}")


@case
def add_user_to_group(s):
    group = s.group()
    return Request("POST", f"/access_groups/{group}/members", _member(group))


@case
def remove_user_from_group(s):
    group = s.group()
    members = f"/access_groups/{group}/members"
    s.do("POST", members, _member(group))
    return Request("DELETE", f"{members}/ada")


@case
def add_workflow_to_group(s):
    body = {"workflow_id": s.workflow, "group_id": s.group()}
    return Request("POST", s.own("access_groups"), body)


@case
def add_workflow_to_group_by_id(s):
    return Request("POST", s.own(f"access_groups/{s.group()}"))


@case
def remove_workflow_from_group(s):
    path = s.own(f"access_groups/{s.group()}")
    s.do("POST", path)
    return Request("DELETE", path)


@case
def reload_auth(_):
    return Request("POST", "/admin/reload-auth")


def _member(group):
    return {"user_name": "ada", "group_id": group, "role": "member"}
