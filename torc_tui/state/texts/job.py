"""All about a job, or about a result, as facts: name, value, tone."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from torc_core.client import TorcClient
from torc_core.diagnosis.failures import diagnose
from torc_core.diagnosis.observation import Observation
from torc_core.diagnosis.words import cause_words, code_words
from torc_core.model.compute import ComputeNode
from torc_core.model.execution import stored_execution_config
from torc_core.model.ids import JobId
from torc_core.model.job import Job
from torc_core.model.resources import ResourceRequirements
from torc_core.model.result import Result
from torc_core.model.status import FAILURES, JobStatus
from torc_core.operations.jobs.logs import find_log
from torc_core.operations.jobs.names import name_job
from torc_core.operations.jobs.output_fault import output_fault
from torc_core.operations.jobs.relations import (
    Related,
    canceled_because_of,
    related_to,
    without_relations,
)
from torc_core.operations.slurm.queue_watch import QueueLook
from torc_core.runner.policy.limits import limit_codes
from torc_core.units import counted, format_memory, say_duration
from torc_tui.keys.in_words import keyed
from torc_tui.lists.cells import moment_cell, status_cell
from torc_tui.lists.resources.failure_handlers import rules_in_words
from torc_tui.lists.results import duration, peak_cpu, peak_memory
from torc_tui.state.head.queue import queue_facts

Fact = tuple[str, str, str]

_RESULTS = 20
_SHOWN_IDS = 20
_ended = moment_cell("completion_time")
_started = moment_cell("start_time")


def job_text(
    client: TorcClient, job_id: JobId, queue: QueueLook | None = None, *, is_brief: bool = False
) -> tuple[Job, Sequence[Fact]]:
    """Return a job and facts about it.

    Args:
        client: The server.
        job_id: The job.
        queue: What Slurm says of the allocations of its workflow.
        is_brief: Leave out what it is related to, but for what it requires.

    Raises:
        TorcError: The server refused the request, or did not answer.
    """
    job = client.get_job(job_id)
    results = client.list_results(
        job.workflow_id, job_id=job_id, all_runs=True, sort_by="id", reverse_sort=True,
        limit=_RESULTS,
    ).items  # fmt: skip
    latest = results[0] if results else None
    shown = without_relations(job) if is_brief else job
    node_id = job.compute_node_id or (None if latest is None else latest.compute_node_id)
    related = related_to(client, shown, None if is_brief else node_id)
    why = why_failed(client, job, latest, related.requirements)
    if latest is not None and why == _code(latest):
        why += keyed(", which is the program's own; {job.logs} shows its log")
    name, status, *more = _job_facts(shown, related)
    waits = queue_facts(job, queue, time.time())
    found = [name, status, *_why_fact(why), *waits, *more]
    return job, [*found, *(_result_fact(each, related.node) for each in results)]


def why_failed(
    client: TorcClient, job: Job, latest: Result | None, requirements: ResourceRequirements | None
) -> str:
    """Return why a job failed or was canceled; empty if it was not, or if nothing tells.

    Raises:
        TorcError: The server refused the request, or did not answer.
    """
    if job.status is JobStatus.CANCELED:
        cause = canceled_because_of(client, job)
        if cause is None:
            return "canceled by a user, or with its workflow"
        return (
            f"canceled because of {name_job(cause)}, which {_DID.get(cause.status, 'was canceled')}"
        )
    if latest is None or job.status not in {*FAILURES, JobStatus.PENDING_FAILED}:
        return ""
    execution = stored_execution_config(client.get_workflow(job.workflow_id).execution_config)
    observation = Observation(job=job, result=latest, requirements=requirements)
    words = cause_words(diagnose(observation, limit_codes(execution)))
    if not words and job.output_file_ids:
        words = _fault(client, job)
    return words or _code(latest)


def _code(result: Result) -> str:
    return f"exit code {result.return_code}"


def result_text(result: Result, node: ComputeNode | None) -> list[Fact]:
    """Return all about one result.

    Args:
        result: The result.
        node: Where it ran, if that is known.
    """
    status = status_cell(result.status)
    words = code_words(result.return_code) if result.return_code else ""
    facts = [
        ("Job", f"{result.job_id}  {result.job_name or ''}".rstrip(), "bold"),
        ("Attempt", f"{result.attempt_id} of run {result.run_id}", ""),
        ("Status", status.text, status.tone),
        ("Exit code", f"{result.return_code}   {words}".rstrip(), ""),
        ("Time", duration(result), ""),
        ("Peak memory", peak_memory(result) or "", ""),
        ("Peak CPU", peak_cpu(result) or "", ""),
        ("Ended", _ended(result).text, ""),
        ("Node", _node_words(result.compute_node_id, node), ""),
    ]
    return [fact for fact in facts if fact[1]]


_DID: dict[JobStatus | None, str] = {
    JobStatus.FAILED: "failed",
    JobStatus.TERMINATED: "was terminated",
}


def _why_fact(why: str) -> Iterator[Fact]:
    if why:
        yield "Why", why, "red"


def _fault(client: TorcClient, job: Job) -> str:
    """Return what the job's stderr says of its output files, where it can be read."""
    return output_fault(stream.path for stream in find_log(client, job).streams[-1:])


def _job_facts(job: Job, related: Related) -> list[Fact]:
    status = status_cell(job.status)
    facts = [
        ("Job", f"{job.id}  {job.name}", "bold"),
        ("Status", f"{status.text}   attempt {job.attempt_id}", status.tone),
        ("Command", job.command, ""),
        ("Invocation", job.invocation_script or "", ""),
        ("Depends on", _named(job.depends_on_job_ids, related.depends_on, "job"), ""),
        ("Reads", _named(job.input_file_ids, related.reads, "file"), ""),
        ("Writes", _named(job.output_file_ids, related.writes, "file"), ""),
        ("Reads data", _named(job.input_user_data_ids, related.data_read, "record"), ""),
        ("Writes data", _named(job.output_user_data_ids, related.data_written, "record"), ""),
        ("Needs", _needs(related.requirements), ""),
        ("Scheduler", _scheduler(job, related), ""),
        ("Handler", _handler(job, related), ""),
        ("Node", _node_words(job.compute_node_id, related.node), ""),
        ("Started", _started(job).text if job.status is JobStatus.RUNNING else "", ""),
    ]
    if not job.cancel_on_blocking_job_failure:
        facts.append(("On failure", "runs even if a job that it depends on fails", ""))
    if job.on_lost is not None:
        facts.append(("If lost", _ON_LOST[job.on_lost], ""))
    return [fact for fact in facts if fact[1]]


_ON_LOST = {
    "requeue": "it runs again when an attempt is lost with its node",
    "fail": "it fails when an attempt is lost with its node",
    "hold": "it waits for a decision when an attempt is lost with its node",
}


def _needs(requirements: ResourceRequirements | None) -> str:
    if requirements is None:
        return ""
    gpus = f", {counted(requirements.num_gpus, 'GPU')}" if requirements.num_gpus else ""
    return (
        f"{requirements.name}: {counted(requirements.num_cpus, 'CPU')}{gpus}, "
        f"{format_memory(requirements.memory)} of memory, {say_duration(requirements.runtime)}"
    )


def _scheduler(job: Job, related: Related) -> str:
    if job.scheduler_id is None:
        return ""
    found = related.scheduler
    if found is None:
        return f"#{job.scheduler_id}"
    partition = f", partition {found.partition}" if found.partition else ""
    return f"{found.name or f'#{found.id}'}: account {found.account}{partition}"


def _handler(job: Job, related: Related) -> str:
    if job.failure_handler_id is None:
        return ""
    found = related.handler
    return (
        f"#{job.failure_handler_id}" if found is None else f"{found.name}: {rules_in_words(found)}"
    )


def _node_words(node_id: int | None, node: ComputeNode | None) -> str:
    """Return the name of a node, if known."""
    if node_id is None:
        return ""
    return node.hostname if node is not None and node.id == node_id else f"#{node_id}"


def _result_fact(result: Result, node: ComputeNode | None) -> Fact:
    status = status_cell(result.status)
    words = code_words(result.return_code) if result.return_code else ""
    text = f"{status.text}, exit code {result.return_code}"
    text += f" ({words}), {duration(result)}" if words else f", {duration(result)}"
    if (memory := peak_memory(result)) is not None:
        text += f", peak {memory}"
    if (cpu := peak_cpu(result)) is not None:
        text += f", {cpu} CPU"
    name = f"Run {result.run_id}.{result.attempt_id}"
    where = f", on {_node_words(result.compute_node_id, node)}" if node is not None else ""
    return name, f"{text}, {_ended(result).text}{where}", status.tone


def _named(ids: Sequence[int] | None, names: Sequence[str], kind: str) -> str:
    """Return how many there are and the first of them: by name, or by id where they have none."""
    if not ids:
        return ""
    shown = names or [f"#{each}" for each in ids[:_SHOWN_IDS]]
    more = len(ids) - len(shown)
    rest = f" and {more:,} more" if more else ""
    return f"{counted(len(ids), kind)}: {', '.join(shown)}{rest}"
