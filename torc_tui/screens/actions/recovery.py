"""What the keys for recoveries do: show the plan of one, carry it out, and watch."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from torc_core.client import TorcClient
from torc_core.host.connect import Connection
from torc_core.model.ids import WorkflowId, id_of
from torc_core.model.status import UNSUCCESSFUL
from torc_core.model.workflow import Workflow, WorkflowStatus
from torc_core.operations.bulk import Bulk, Outcomes
from torc_core.operations.facts import count, is_settled, title_of
from torc_core.operations.places import work_directory
from torc_core.operations.recovery.procedure.outcome import Recovered, RecoveryPreview, Verdict
from torc_core.operations.recovery.recover import RecoverRequest, preview_recover, propose_recover
from torc_core.operations.recovery.watch.notices import Watching
from torc_core.operations.recovery.watch.options import WatchOptions
from torc_core.operations.recovery.watch.request import WatchRequest
from torc_core.operations.recovery.watch.watch import watch
from torc_core.operations.reporter import Notice, Proposal
from torc_core.units import counted
from torc_tui.keys.in_words import key_of, keyed
from torc_tui.screens.actions.context import ActionContext, Selection
from torc_tui.screens.actions.performing import LineReporter
from torc_tui.screens.actions.workflows import carry_out_for, show_outcomes, site_of
from torc_tui.screens.dialogs.confirm import Confirm
from torc_tui.screens.dialogs.reader import Reader
from torc_tui.state.head.watch import WatchState
from torc_tui.state.texts.layout import Text
from torc_tui.state.texts.recovery import plan_text
from torc_tui.terminal import clean
from torc_tui.theme import Cell
from torc_tui.watches import command_for

_HOW = "Nothing has been changed. {workflow.recover} recovers it like this."
_RECOVER = Bulk(name="Recover", asks="Recover {}?", says="Recovered {}.")


async def plan_recovery(context: ActionContext, selection: Selection) -> None:
    """Show why jobs failed, and what a recovery would do."""
    reporter = LineReporter(context.tell)
    previews: list[tuple[Workflow, RecoveryPreview]] = []
    for workflow in selection.workflows:
        context.tell(f"Looking at {title_of(workflow)} …")
        preview = await context.run(partial(_preview, context, id_of(workflow), reporter))
        context.tell(preview.sentence)
        if preview.verdict is not Verdict.COMPLETE:
            previews.append((workflow, preview))
    if len(previews) == 1:
        workflow, preview = previews[0]
        title = f"Recovery plan of {clean(title_of(workflow))}"
        context.app.push_screen(Reader(title, partial(_lay_out, preview)))
    elif previews:
        title = f"Recovery plans of {counted(len(previews), 'workflow')}"
        context.app.push_screen(Reader(title, partial(_lay_all_out, previews)))


async def recover(context: ActionContext, selection: Selection) -> None:
    """Run again what failed, with the plan in the question."""
    reporter = LineReporter(context.tell)

    def propose(server: Connection, workflow_id: WorkflowId) -> Proposal[Recovered]:
        request = _request_for(context, workflow_id, server)
        return propose_recover(server, context.session.slurm, request, reporter)

    workflows = selection.workflows
    what = title_of(workflows[0]) if len(workflows) == 1 else counted(len(workflows), "workflow")
    context.tell(f"Looking at {what} …")
    done = await carry_out_for(context, workflows, _RECOVER, propose)
    if done is None:
        context.tell("Nothing was recovered.")
    elif isinstance(done, Outcomes):
        show_outcomes(context, done)
    elif done.verdict is Verdict.HOPELESS:
        context.tell(f"{done.sentence} {key_of('workflow.plan_recovery')} shows why.")


async def watch_or_stop(context: ActionContext, selection: Selection) -> None:
    """Watch workflows until they are complete, and recover them meanwhile; or stop watching.

    Of several, those that are not watched yet are watched; if all are, none is any more.
    """
    watches, workflows = context.watches, selection.workflows
    connection = await context.run(lambda server: server)
    url = connection.client.url
    watched = [each for each in workflows if watches.look(url, each)[0] is not None]
    if len(watched) == len(workflows):
        for workflow in watched:
            watches.stop(url, id_of(workflow))
        are, continues = ("is", "it continues") if len(watched) == 1 else ("are", "they continue")
        context.tell(f"{_titles(watched)} {are} no longer watched; {continues}.")
        return
    left = [workflow for workflow in workflows if workflow not in watched]
    statuses = [await context.call(partial(_status, id_of(workflow))) for workflow in left]
    left = [each for each, status in zip(left, statuses, strict=True) if not _is_done(status)]
    if not left:
        are = "is" if len(workflows) == 1 else "are"
        context.tell(
            f"{_titles(workflows)} {are} complete without failures: there is nothing to watch."
        )
        return
    options = WatchOptions(recover=True, auto_schedule=True)
    ids = [id_of(workflow) for workflow in left]
    it, fails = ("it", "it fails") if len(left) == 1 else ("them", "they fail")
    log = f"watch_*_{ids[0] if len(ids) == 1 else 'ID'}.log"
    lines = [
        f"Failed jobs run again with what they lacked, up to {options.max_retries} times in a row.",
        "Where nothing runs jobs that are ready, a run or allocations are started.",
        f"The log is {log} in {context.session.run_options.output_dir}.",
        "The watch ends with this interface. To watch without it, or with other limits:",
        *(f"  {command_for(workflow_id)}" for workflow_id in ids),
    ]
    if not await context.ask(
        Confirm(f"Watch {_titles(left)}, and recover {it} when {fails}?", lines)
    ):
        return
    for workflow_id in ids:
        recovery = await context.run(partial(_request_for, context, workflow_id))
        request = WatchRequest(
            workflow_id=workflow_id,
            options=options,
            run=recovery.run,
            base=recovery.base,
            site=recovery.site,
            settings=recovery.settings,
            user=recovery.user,
        )
        reporter = _NewsReporter(partial(_tell_of, context, workflow_id))
        watches.start(
            connection,
            WatchState(workflow_id, 0, options.max_retries),
            partial(watch, connection, context.session.slurm, request, reporter),
        )


def _preview(
    context: ActionContext, workflow_id: WorkflowId, reporter: LineReporter, server: Connection
) -> RecoveryPreview:
    request = _request_for(context, workflow_id, server)
    return preview_recover(server, context.session.slurm, request, reporter)


def _status(workflow_id: WorkflowId, client: TorcClient) -> WorkflowStatus:
    return client.get_workflow_status(workflow_id)


def _tell_of(context: ActionContext, workflow_id: WorkflowId, line: str) -> None:
    context.tell(f"Watch of #{workflow_id}: {line}")


def _titles(workflows: Sequence[Workflow]) -> str:
    """Return the title of one workflow, or the number and the ids of several."""
    if len(workflows) == 1:
        return title_of(workflows[0])
    ids = ", ".join(f"#{workflow.id}" for workflow in workflows)
    return f"{counted(len(workflows), 'workflow')} ({ids})"


def _is_done(status: WorkflowStatus) -> bool:
    counts = status.jobs_by_status
    return is_settled(counts) and not count(counts, UNSUCCESSFUL)


class _NewsReporter(LineReporter):
    """Shows the news of a watch; its latest line may be read hours later."""

    def progress(self, notice: Notice, done: float | None = None) -> None:
        """Show what has happened."""
        if not isinstance(notice, Watching):
            super().progress(notice, done)


def _request_for(
    context: ActionContext, workflow_id: WorkflowId, server: Connection
) -> RecoverRequest:
    """Return what is asked for: a run on this machine goes on without the interface.

    It is where the workflow ran last. To be called in a thread.
    """
    return RecoverRequest(
        workflow_id=workflow_id,
        run=context.session.run_options,
        is_detached=True,
        base=work_directory(server.client, workflow_id),
        site=site_of(context.session),
        settings=context.session.configured.hpc,
        user=context.session.user,
    )


def _lay_out(preview: RecoveryPreview, width: int) -> Text:
    closing = [keyed(_HOW)] if preview.verdict is Verdict.RECOVERABLE else []
    return plan_text(preview.plan, width, before=preview.before, after=(*preview.after, *closing))


def _lay_all_out(previews: Sequence[tuple[Workflow, RecoveryPreview]], width: int) -> Text:
    text: Text = []
    for workflow, preview in previews:
        text += [[], []] if text else []
        text += [[Cell(clean(title_of(workflow)), "bold")], [], *_lay_out(preview, width)]
    return text
