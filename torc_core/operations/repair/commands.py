"""Change the commands of jobs that may have run already: what did not work is fixed in place."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping

import msgspec

from torc_core.client import TorcClient
from torc_core.errors import ConflictError, UsageError
from torc_core.limits import TEXT
from torc_core.model.ids import JobId, WorkflowId, id_of
from torc_core.model.job import Job
from torc_core.model.status import ACTIVE, JobStatus
from torc_core.operations.facts import first_lines
from torc_core.operations.jobs.names import name_job, name_jobs
from torc_core.operations.jobs.update import JobChanges, update_job
from torc_core.operations.lifecycle.initialize import reset_jobs
from torc_core.operations.reporter import Proposal, Question, Reporter
from torc_core.units import counted


class CommandsChanged(msgspec.Struct, frozen=True, kw_only=True):
    """The commands of jobs were changed."""

    workflow_id: WorkflowId
    jobs: tuple[Job, ...]
    num_reset: int
    """How many of them had to be reset for it."""

    @property
    def sentence(self) -> str:
        """What was done, and what is left to do."""
        commands = "command" if len(self.jobs) == 1 else "commands"
        done = f"Changed the {commands} of {name_jobs(self.jobs)}."
        again = f"To run what was reset: {_rerun(self.workflow_id)}"
        return f"{done} {again}" if self.num_reset else done


def refuse_uneditable(job: Job) -> None:
    """Refuse to change the command of a job that is being carried out. Pure.

    Raises:
        ConflictError: A runner has claimed it.
    """
    if job.status in ACTIVE:
        raise ConflictError(
            f"Job {job.id} ({job.name}) is {job.status}: its command cannot be changed now.",
            hint="Wait until it has ended, or cancel it first.",
        )


def _bare(text: str) -> str:
    """Return a text without blank lines around it, such as the end of a YAML block."""
    return text.strip("\r\n").rstrip()


def command_in(text: str) -> str:
    """Return the command in a text that a user has edited: all but blank lines around it. Pure.

    Raises:
        UsageError: It is empty, too long, or holds a character that no command can.
    """
    command = _bare(text)
    if not command.strip():
        raise UsageError("A job needs a command; this one is empty.", hint="Nothing was changed.")
    if "\0" in command:
        raise UsageError("A command cannot hold the character NUL.", hint="Nothing was changed.")
    if len(command) > TEXT:
        raise UsageError(
            f"The command has {len(command):,} characters; {TEXT:,} are possible.",
            hint="Nothing was changed. Put it into a script, and run that.",
        )
    return command


def propose_commands(
    client: TorcClient, workflow_id: WorkflowId, commands: Mapping[JobId, str]
) -> Proposal[CommandsChanged]:
    """Propose to change the commands of jobs; those that have run are reset first.

    Raises:
        NotFoundError: One of the jobs does not exist.
        ConflictError: One of them is active, or none of the commands would change.
        UsageError: One of the commands is none.
    """
    jobs = [client.get_job(job_id) for job_id in commands]
    changed = [job for job in jobs if command_in(commands[id_of(job)]) != _bare(job.command)]
    if not changed:
        raise ConflictError("The command is as before, so there is nothing to change.")
    for job in changed:
        refuse_uneditable(job)
    resets = [job for job in changed if job.status is not JobStatus.UNINITIALIZED]

    def perform(_reporter: Reporter, **_force: bool) -> CommandsChanged:
        run_id = client.get_workflow_status(workflow_id).run_id
        reset_jobs(client, workflow_id, [id_of(job) for job in resets], {}, run_id)
        updated = [
            update_job(client, id_of(job), JobChanges(command=command_in(commands[id_of(job)])))
            for job in changed
        ]
        return CommandsChanged(workflow_id=workflow_id, jobs=tuple(updated), num_reset=len(resets))

    lines = (line for job in changed for line in _change_lines(job, commands[id_of(job)]))
    return Proposal(
        question=Question(
            sentence=_sentence(changed),
            lines=(*first_lines(lines), *_reset_lines(workflow_id, resets)),
            is_danger=any(job.status is JobStatus.COMPLETED for job in resets),
        ),
        perform=perform,
    )


def difference(old: str, new: str) -> Iterator[str]:
    """Yield the lines that differ, with a sign before them; others as they are. Pure."""
    for line in difflib.ndiff(old.splitlines(), new.splitlines()):
        if not line.startswith("?"):
            yield line.rstrip()


def _change_lines(job: Job, command: str) -> Iterator[str]:
    yield f"{name_job(job)}, {job.status}:"
    yield from difference(job.command, command_in(command))


def _sentence(jobs: list[Job]) -> str:
    if len(jobs) == 1:
        return f"Change the command of {name_job(jobs[0])}?"
    return f"Change the commands of {counted(len(jobs), 'job')}?"


def _reset_lines(workflow_id: WorkflowId, resets: list[Job]) -> Iterator[str]:
    rerun = _rerun(workflow_id)
    if len(resets) == 1:
        reset = f"It is {resets[0].status}, so it is reset."
        yield f"{reset} Then, to run it and what waits for it: {rerun}"
    elif resets:
        number = counted(len(resets), "job")
        yield f"{number} are reset. Then, to run them and what waits for them: {rerun}"


def _rerun(workflow_id: WorkflowId) -> str:
    return f"torc recover {workflow_id} --retry-unknown"
