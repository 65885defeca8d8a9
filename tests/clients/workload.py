"""The life of a workflow, told by nothing but the official client of this environment.

    python workload.py URL share WIDTH COUNT    makes a workflow that COUNT processes work off
    python workload.py URL shell COUNT          makes a workflow that a shell can run
    python workload.py URL mapped COUNT         the same, of calls of functions of `squares`
    python workload.py URL loop COUNT           the same, of a job that adds further ones
    python workload.py URL look ID              prints where the workflow stands

Runs inside a client's environment, of any generation. Prints JSON.
"""

from __future__ import annotations

import json
import multiprocessing
import sys
from collections import Counter
from typing import Any

from torc.api import create_jobs, make_api, map_function_to_jobs
from torc.openapi_client import models
from torc.openapi_client.exceptions import ApiException

NODE = {"num_cpus": 4, "memory_gb": 4.0, "num_gpus": 0, "num_nodes": 1}
CLAIM = 4
"""The most jobs that a worker has in hand."""


def share(api: Any, width: int, count: int) -> dict[str, Any]:
    """Make a workflow, let `count` processes work at once; return what they did and left."""
    made = create(api, width)
    before = look(api, made["id"])
    fork = multiprocessing.get_context("fork")  # importing the client takes longer than all else
    url = api.api_client.configuration.host
    with fork.Manager() as manager, fork.Pool(count) as pool:
        all_there = manager.Barrier(count, timeout=100)
        shares = pool.starmap(work, [(url, made["id"], all_there)] * count, chunksize=1)
    return {"made": made, "before": before, "shares": shares, "after": look(api, made["id"])}


def create(api: Any, width: int) -> dict[str, Any]:
    """Make `width` jobs that read one input and write a file each, and a job that collects them."""
    workflow = api.create_workflow(models.WorkflowModel(name="official", user="tester"))
    own = {"workflow_id": workflow.id}
    settings = api.create_user_data(models.UserDataModel(**own, name="settings", data={"k": 1}))
    summary = api.create_user_data(models.UserDataModel(**own, name="summary"))
    needs = api.create_resource_requirements(
        models.ResourceRequirementsModel(
            **own, name="small", num_cpus=1, memory="1g", runtime="PT1M"
        )
    )
    files = [
        api.create_file(models.FileModel(**own, name=f"part{n}", path=f"/parts/{n}"))
        for n in range(width)
    ]
    parts = [
        models.JobModel(
            **own,
            name=f"part{n}",
            command=f"make part {n}",
            input_user_data_ids=[settings.id],
            output_file_ids=[file.id],
            resource_requirements_id=needs.id,
        )
        for n, file in enumerate(files)
    ]
    made = create_jobs(api, parts, max_transfer_size=50)
    collect = api.create_job(
        models.JobModel(
            **own,
            name="collect",
            command="collect parts",
            input_file_ids=[file.id for file in files],
            output_user_data_ids=[summary.id],
        )
    )
    triggers = {
        "on_workflow_start": None,
        "on_jobs_complete": [job.id for job in made],
        "on_jobs_ready": [collect.id],
        "on_workflow_complete": None,
    }
    for trigger, job_ids in triggers.items():
        action = models.WorkflowActionModel(
            **own,
            trigger_type=trigger,
            action_type="run_commands",
            action_config={"commands": ["true"]},
            job_ids=job_ids,
        )
        api.create_workflow_action(workflow.id, action)
    api.initialize_jobs(workflow.id)
    return {"id": workflow.id, "collect": collect.id, "summary": summary.id}


def shell(api: Any, count: int) -> dict[str, Any]:
    """Make jobs that each add a line to what the one before wrote."""
    workflow = api.create_workflow(models.WorkflowModel(name="shell", user="tester"))
    own = {"workflow_id": workflow.id}
    before: list[int] = []
    for n in range(count):
        file = api.create_file(models.FileModel(**own, name=f"f{n}", path=f"f{n}.txt"))
        source = f"cat f{n - 1}.txt; " if before else ""
        command = f"({source}echo line {n}) > {file.path}"
        job = models.JobModel(
            **own, name=f"j{n}", command=command, input_file_ids=before, output_file_ids=[file.id]
        )
        api.create_job(job)
        before = [file.id]
    api.initialize_jobs(workflow.id)
    return {"id": workflow.id}


def mapped(api: Any, count: int) -> dict[str, Any]:
    """Make jobs that call a Python function each, and one that calls another with the results."""
    workflow = api.create_workflow(models.WorkflowModel(name="mapped", user="tester"))
    parameters = [{"value": n} for n in range(count)]
    map_function_to_jobs(
        api, workflow.id, "squares", "square", parameters, postprocess_func="total"
    )
    api.initialize_jobs(workflow.id)
    return {"id": workflow.id}


def loop(api: Any, count: int) -> dict[str, Any]:
    """Make a job that goes on with another of its kind until it has converged."""
    workflow = api.create_workflow(models.WorkflowModel(name="loop", user="tester"))
    command = f"{sys.executable} loop.py {count} ring"
    api.create_job(models.JobModel(workflow_id=workflow.id, name="step0", command=command))
    api.initialize_jobs(workflow.id)
    return {"id": workflow.id}


def work(url: str, workflow_id: int, all_there: Any) -> dict[str, Any]:
    """Once all are there, run jobs and execute actions until the workflow is complete."""
    api = make_api(url)
    node = api.create_compute_node(
        models.ComputeNodeModel(
            workflow_id=workflow_id,
            hostname="h",
            pid=1,
            start_time="2026-01-01T00:00:00Z",
            compute_node_type="local",
            is_active=True,
            **NODE,
        )
    )
    run_id = run_of(api, workflow_id)
    jobs: list[int] = []
    actions: list[str] = []
    all_there.wait()
    is_complete = False
    while not is_complete:
        is_complete = api.is_workflow_complete(workflow_id).is_complete
        actions += execute_actions(api, workflow_id, node.id)
        resources = models.ComputeNodesResources(**NODE)
        claimed = api.claim_jobs_based_on_resources(workflow_id, CLAIM, resources).jobs
        for job in claimed:
            api.start_job(job.id, run_id, node.id)
        for job in claimed:
            finish(api, job, run_id, node.id)
            jobs.append(job.id)
    node.is_active = False
    api.update_compute_node(node.id, node)
    return {"jobs": jobs, "actions": actions}


def finish(api: Any, job: Any, run_id: int, node_id: int) -> None:
    """Report the end of a job, and keep what it made."""
    for data_id in job.output_user_data_ids or []:
        data = api.get_user_data(data_id)
        data.data = {"made_by": job.name}
        api.update_user_data(data_id, data)
    result = models.ResultModel(
        job_id=job.id,
        workflow_id=job.workflow_id,
        run_id=run_id,
        compute_node_id=node_id,
        return_code=0,
        exec_time_minutes=0.01,
        completion_time="2026-01-01T00:00:01.000Z",
        status="completed",
    )
    api.complete_job(job.id, "completed", run_id, result)


def execute_actions(api: Any, workflow_id: int, node_id: int) -> list[str]:
    """Claim what actions are due; return the triggers of those that became ours."""
    won = []
    for action in api.get_pending_actions(workflow_id):
        claim = models.ClaimActionRequest(compute_node_id=node_id)
        try:
            api.claim_action(workflow_id, action.id, claim)
        except ApiException as error:
            if error.status != 409:
                raise
        else:
            won.append(action.trigger_type)
    return won


def run_of(api: Any, workflow_id: int) -> int:
    """Return the run of a workflow, wherever this generation keeps it."""
    workflow = api.get_workflow(workflow_id)
    return workflow.run_id if hasattr(workflow, "run_id") else status_run(api, workflow_id)


def status_run(api: Any, workflow_id: int) -> int:
    """Return the run that the status of a workflow tells the 0.12 generation."""
    return api.get_workflow_status(workflow_id).run_id


def look(api: Any, workflow_id: int) -> dict[str, Any]:
    """Return all that a client can see of a workflow."""
    jobs = api.list_jobs(workflow_id).items
    results = api.list_results(workflow_id, all_runs=True).items
    events = api.list_events(workflow_id).items
    data = {one.name: one.data for one in api.list_user_data(workflow_id).items}
    actions = api.get_workflow_actions(workflow_id)
    return {
        "jobs": {job.id: getattr(job.status, "value", job.status) for job in jobs},
        "results": [[result.job_id, result.return_code] for result in results],
        "events": Counter(event.data.get("event_type", "") for event in events),
        "started": [e.data["job_id"] for e in events if e.data.get("event_type") == "job_started"],
        "ended": [e.data["job_id"] for e in events if e.data.get("event_type") == "job_completed"],
        "data": data,
        "executed": [action.trigger_type for action in actions if action.executed],
        "pending": [action.trigger_type for action in api.get_pending_actions(workflow_id)],
        "is_complete": api.is_workflow_complete(workflow_id).is_complete,
        "nodes": [node.is_active for node in api.list_compute_nodes(workflow_id).items],
    }


ACTIONS = {one.__name__: one for one in (share, shell, mapped, loop, look)}

if __name__ == "__main__":
    url, what, *numbers = sys.argv[1:]
    answer = ACTIONS[what](make_api(url), *map(int, numbers))
    print(json.dumps(answer), flush=True)  # noqa: T201 - its output
