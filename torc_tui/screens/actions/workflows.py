"""What the keys for workflows do to all that are marked, else to one: it is the same question."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec

from torc_core.host.connect import Connection
from torc_core.model.ids import JobId, WorkflowId, id_of
from torc_core.model.workflow import Workflow
from torc_core.operations.bulk import Bulk, Outcomes, propose_each
from torc_core.operations.definition.delete import propose_delete
from torc_core.operations.lifecycle.cancel import propose_cancel
from torc_core.operations.lifecycle.initialize import propose_initialize
from torc_core.operations.lifecycle.reinitialize import propose_reinitialize
from torc_core.operations.lifecycle.reset import ResetRequest, propose_reset
from torc_core.operations.lifecycle.run import RunRequest, propose_run
from torc_core.operations.places import work_directory
from torc_core.operations.repair.rerun import RerunRequest, propose_rerun
from torc_core.operations.reporter import Notice, Proposal
from torc_core.operations.slurm.submission.site import SiteOptions
from torc_core.operations.slurm.submission.submit import propose_submit
from torc_core.spec import SpecFile
from torc_tui.screens.actions.context import ActionContext, Selection
from torc_tui.screens.dialogs.reader import Reader
from torc_tui.screens.session import Session
from torc_tui.state.texts.layout import lines_text

Propose = Callable[[ActionContext, Connection, WorkflowId], Proposal[Any]]


@dataclass(frozen=True, slots=True)
class Change:
    """Something that is done to workflows."""

    bulk: Bulk
    propose: Propose
    """Proposes it for one of them; called in a thread."""
    beforehand: str = ""
    """Shown while it is looked at, where that takes long."""


async def change_workflows(context: ActionContext, selection: Selection, what: Change) -> None:
    """Carry something out for the selected workflows; of several, every refusal is shown."""
    workflows = selection.workflows
    if what.beforehand:
        context.tell(what.beforehand)
    done = await carry_out_for(context, workflows, what.bulk, partial(what.propose, context))
    if done is None:
        return
    outcomes = done if isinstance(done, Outcomes) else None
    if what is _DELETE:
        context.unmark([id_of(each) for each in workflows] if outcomes is None else outcomes.done)
    if outcomes is not None and outcomes.refused:
        show_outcomes(context, outcomes)


async def carry_out_for(
    context: ActionContext,
    workflows: Sequence[Workflow],
    bulk: Bulk,
    propose: Callable[[Connection, WorkflowId], Proposal[Any]],
) -> Any | None:
    """Carry something out for one workflow, or for several with one question.

    Returns:
        The result, of several their `Outcomes`; None if the user has decided against it.
    """
    if len(workflows) == 1:
        return await context.carry_out(lambda server: propose(server, id_of(workflows[0])))
    return await context.carry_out(
        lambda server: propose_each(bulk, workflows, partial(propose, server))
    )


def show_outcomes(context: ActionContext, outcomes: Outcomes) -> None:
    """Show how an operation went for each of several workflows."""
    title = f"{outcomes.bulk.name} ▸ outcomes"
    context.app.push_screen(Reader(title, lambda width: lines_text(outcomes.lines, width)))


def run_proposal(
    context: ActionContext,
    server: Connection,
    workflow_id: WorkflowId,
    spec: SpecFile | None,
    warnings: Sequence[Notice] = (),
) -> Proposal[Any]:
    """Propose to run a workflow on this machine, in the background, where it ran last.

    Args:
        context: The interface's.
        server: The server.
        workflow_id: The workflow.
        spec: The file that it was created from just now.
        warnings: What its creation warned of.
    """
    options = msgspec.structs.replace(context.session.run_options, workflow_id=workflow_id)
    base = work_directory(server.client, workflow_id)
    request = RunRequest(options=options, is_detached=True, spec=spec, base=base, needs_work=True)
    proposal = propose_run(server, request)
    return msgspec.structs.replace(proposal, warnings=(*warnings, *proposal.warnings))


def rerun_proposal(
    context: ActionContext,
    server: Connection,
    workflow_id: WorkflowId,
    job_ids: Sequence[JobId] = (),
) -> Proposal[Any]:
    """Propose to rerun what failed, or some jobs, where the workflow ran last."""
    request = RerunRequest(
        workflow_id=workflow_id,
        run=context.session.run_options,
        job_ids=job_ids,
        base=work_directory(server.client, workflow_id),
    )
    return propose_rerun(server, request)


def site_of(session: Session) -> SiteOptions:
    """Return where the workers of submissions work."""
    return SiteOptions(
        output_dir=session.run_options.output_dir,
        server_host=session.configured.slurm.server_host,
    )


_DELETE = Change(
    Bulk(name="Delete", asks="Delete {}?", says="Deleted {}."),
    lambda context, server, at: propose_delete(server.client, [at], user=context.session.user),
)
initialize = partial(
    change_workflows,
    what=Change(
        Bulk(name="Initialize", asks="Initialize {}?", says="Initialized {}."),
        lambda _, server, at: propose_initialize(
            server.client, at, work_directory(server.client, at)
        ),
    ),
)
reinitialize = partial(
    change_workflows,
    what=Change(
        Bulk(
            name="Reinitialize",
            asks="Reinitialize {}?",
            says="Reinitialized {}.",
        ),
        lambda _, server, at: propose_reinitialize(
            server.client, at, work_directory(server.client, at)
        ),
        beforehand="Looking at what has changed …",
    ),
)
reset = partial(
    change_workflows,
    what=Change(
        Bulk(name="Reset", asks="Reset all jobs of {}?", says="Reset all jobs of {}."),
        lambda _, server, at: propose_reset(server.client, ResetRequest(workflow_id=at)),
    ),
)
rerun = partial(
    change_workflows,
    what=Change(
        Bulk(
            name="Rerun",
            asks="Rerun what failed in {}?",
            says="Began a new run of what failed in {}.",
        ),
        rerun_proposal,
        beforehand="Looking for what failed …",
    ),
)
run = partial(
    change_workflows,
    what=Change(
        Bulk(
            name="Run",
            asks="Run {} on this machine?",
            says="Started {} in the background.",
        ),
        lambda context, server, at: run_proposal(context, server, at, None),
    ),
)
submit = partial(
    change_workflows,
    what=Change(
        Bulk(name="Submit", asks="Submit {} to Slurm?", says="Submitted {}."),
        lambda context, server, at: (
            propose_submit(server, context.session.slurm, at, site_of(context.session)).proposal
        ),
        beforehand="Asking Slurm …",
    ),
)
cancel = partial(
    change_workflows,
    what=Change(
        Bulk(name="Cancel", asks="Cancel {}?", says="Canceled {}."),
        lambda context, server, at: propose_cancel(server.client, at, context.session.slurm),
    ),
)
delete = partial(change_workflows, what=_DELETE)
