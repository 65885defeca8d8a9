"""What the interface does with runs of this machine: offer them, attach, follow, stop, clear."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from torc_core.errors import MachineError, TorcError
from torc_core.host.runs import DamagedRun, Run, RunState
from torc_core.operations.reporter import Proposal
from torc_core.operations.runs.clear import propose_clear
from torc_core.operations.runs.stop import propose_stop
from torc_core.runner.process.left_jobs import list_runs_with_left_jobs
from torc_core.units import counted
from torc_tui.keys.in_words import keyed
from torc_tui.screens.actions.performing import carry_out_here
from torc_tui.screens.actions.view_context import ViewContext
from torc_tui.screens.dialogs.reader import Reader
from torc_tui.screens.dialogs.runs import AnyRun, RunsDialog, Task, connection_of
from torc_tui.screens.logs.screen import LogScreen
from torc_tui.state.logs.files.logpaths import find_run_logs
from torc_tui.state.recent import needs_answer, runs_since_last_visit
from torc_tui.state.servers.destination import Destination
from torc_tui.state.texts.layout import error_text
from torc_tui.state.texts.run import run_text
from torc_tui.terminal import clean

_CHANGES: dict[Task, Callable[[Sequence[str]], Proposal[Any]]] = {
    Task.STOP: propose_stop,
    Task.CLEAR: propose_clear,
    Task.CLEAR_ALL: lambda _: propose_clear(None),
}

_UNASKED = "Runs that go on without the interface, or ended since you last looked."


async def choose_run(context: ViewContext) -> None:
    """Offer all runs of this machine."""
    title = "Runs continue without the interface; Enter opens what you choose."
    await _offer(context, title, list_runs_with_left_jobs)


async def mention_runs(context: ViewContext, has_typed: Callable[[], bool]) -> None:
    """Offer what went on without the interface, if something of it needs an answer.

    Runs of other servers, and all of them where the user is at work already, are only mentioned.

    Args:
        context: The main screen.
        has_typed: Says whether the user has begun to type, which must not go to a dialog.
    """
    runs = await context.requests.look(runs_since_last_visit)
    if not runs:
        return
    is_here = await _here(context)
    here = [run for run in runs if is_here(run)]
    is_open = any(map(needs_answer, here))
    if not is_open or has_typed() or not context.workflows.screen.is_current:
        context.message.show_text(_mention(runs))
        return
    known = {run.directory for run in here}

    def look() -> Sequence[AnyRun]:
        return [run for run in list_runs_with_left_jobs() if run.directory in known]

    await _offer(context, _UNASKED, look, is_unasked=True)


async def _here(context: ViewContext) -> Callable[[Run], bool]:
    """Return what says whether a run is one of the server that is shown."""
    try:
        connection = await context.requests.run(lambda connection: connection)
    except TorcError:  # the head of the screen shows that there is no server
        return lambda _run: True
    url = connection.client.url
    return lambda run: run.meta.url == url or (connection.is_embedded and run.meta.is_embedded)


def _mention(runs: Sequence[Run]) -> str:
    """Return runs in a sentence, such as "1 run goes on, 2 runs ended while you were away."."""
    goes_on = sum(run.state in {RunState.STARTING, RunState.RUNNING} for run in runs)
    ended = sum(run.state is RunState.ENDED for run in runs)
    other = len(runs) - goes_on - ended
    parts = [
        f"{counted(goes_on, 'run')} go{'es' if goes_on == 1 else ''} on" if goes_on else "",
        f"{counted(other, 'run')} stopped without an end" if other else "",
        f"{counted(ended, 'run')} ended while you were away" if ended else "",
    ]
    return f"{', '.join(filter(None, parts))}. {keyed('{view.runs} shows them.')}"


async def _offer(
    context: ViewContext,
    title: str,
    look: Callable[[], Sequence[AnyRun]],
    *,
    is_unasked: bool = False,
) -> None:
    """Offer runs, again and again while the user only tidies up."""
    requests = context.requests
    while runs := await requests.look(look):
        dialog = RunsDialog(title, runs, requests, look, is_unasked=is_unasked)
        is_unasked = False
        answer = await context.app.push_screen_wait(dialog)
        if answer is None:
            return
        ids = [Path(run.directory).name for run in answer.runs]
        if answer.task is Task.OPEN:
            await _attach(context, answer.runs)
            return
        if answer.task is Task.OUTPUT:
            _follow(context, answer.runs)
            return
        propose = partial(_CHANGES[answer.task], ids)
        await carry_out_here(context.app, requests, propose, context.message.show_text)
    context.message.show_text("There are no runs on this machine.")


async def _attach(context: ViewContext, runs: Sequence[AnyRun]) -> None:
    """Open the workflow of a run; of several, show the output of all in front of the first."""
    run = next((each for each in runs if isinstance(each, Run)), None)
    if run is None:
        damaged = runs[0]
        assert isinstance(damaged, DamagedRun)
        error = MachineError(
            f"{damaged.directory} is damaged. {damaged.problem}", hint=damaged.hint
        )
        context.app.push_screen(Reader("Damaged run", lambda width: error_text(error, width)))
        return
    meta = run.meta
    if run.state is RunState.ELSEWHERE and meta.is_embedded:
        # Its server listens on that machine alone; to start one here would show other workflows.
        title = f"#{meta.workflow_id} {clean(meta.workflow_name)} ▸ last recorded state"
        context.app.push_screen(Reader(title, lambda width: run_text(run, width)))
        return
    if meta.url != context.requests.url:
        context.use_server(Destination(lambda: connection_of(meta)))
    context.select(await context.requests.ask(lambda c: c.get_workflow(meta.workflow_id)))
    if len(runs) > 1:
        _follow(context, runs)


def _follow(context: ViewContext, runs: Sequence[AnyRun]) -> None:
    """Show what runs print, while they print it."""
    whole = [run for run in runs if isinstance(run, Run)]
    title = f"run ▸ {clean(whole[0].meta.workflow_name)}" if whole else "run"
    context.app.push_screen(LogScreen(context.requests, title, lambda: find_run_logs(whole)))
