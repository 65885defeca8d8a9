"""The runner as its callers see it: construct, run, stop."""

from __future__ import annotations

import contextlib
import os
import random
from collections.abc import Callable
from functools import partial

import msgspec

from torc_core.client import TorcClient
from torc_core.clock import Clock, SystemClock
from torc_core.errors import ExitCode, ServerError, TorcError, TransportError
from torc_core.host.machine import require_linux
from torc_core.runner.actions.executor import Actions
from torc_core.runner.actions.nodes import NodeScheduler
from torc_core.runner.jobs import Jobs
from torc_core.runner.logs import log, log_to_file
from torc_core.runner.loop import Loop, Surroundings
from torc_core.runner.monitor.job_meter import JobMeter
from torc_core.runner.monitor.monitor import Instruments, ResourceMonitor
from torc_core.runner.monitor.node_usage import NodeMeter
from torc_core.runner.monitor.series import open_series
from torc_core.runner.policy import output_paths
from torc_core.runner.policy.context import RunnerContext
from torc_core.runner.policy.limits import LAST_ANSWERS_S, first_answer_s, settle
from torc_core.runner.policy.monitoring.sampling import Usage
from torc_core.runner.policy.options import RunnerOptions
from torc_core.runner.policy.shutdown import StopRequest
from torc_core.runner.policy.summary import Progress, RunSummary
from torc_core.runner.policy.timers import Timers
from torc_core.runner.process.adoption import taking_turns
from torc_core.runner.process.guard_client import CareRecord
from torc_core.runner.process.guards import Guards
from torc_core.runner.process.launcher import Launcher
from torc_core.runner.running import Tools
from torc_core.runner.server.link import ServerLink
from torc_core.runner.server.node import deregister_node, is_registered, register_node, url_for_jobs
from torc_core.runner.server.patience import Patience
from torc_core.runner.server.protocol import choose_protocol
from torc_core.runner.server.workflow_run import RunRecord
from torc_core.runner.signals import Urgency, Waker


class Runner:
    """Runs jobs of one workflow until it is complete, canceled, or has no more jobs to run here.

    Args:
        client: The server; shared with threads of the runner.
        options: What to do.
        on_progress: Called in the runner's thread, a few times per second at most.
        clock: The time.
        scheduler: What requests nodes for actions; None if nothing here does.
    """

    def __init__(
        self,
        client: TorcClient,
        options: RunnerOptions,
        *,
        on_progress: Callable[[Progress], None] | None = None,
        clock: Clock | None = None,
        scheduler: NodeScheduler | None = None,
    ) -> None:
        require_linux()
        self._client = client
        self._options = options
        self._on_progress = on_progress
        self._clock = clock or SystemClock()
        self._scheduler = scheduler
        self._waker = Waker()
        self._stops: list[StopRequest] = []
        self._known_stops = 0
        """How many there were when the jobs had ended."""
        self._was_asked = False
        self._expects_answers = True
        self._node_usage: Usage | None = None

    def stop(self, code: ExitCode = ExitCode.INTERRUPTED, urgency: Urgency = Urgency.ASKED) -> None:
        """Stop the jobs, report them and exit; asked again, kill the jobs.

        Safe in signal handlers and on any thread.

        Args:
            code: The exit code of the summary.
            urgency: How soon.
        """
        if urgency is Urgency.ANNOUNCED and self._stops:
            return
        kills = urgency is Urgency.AT_ONCE or (urgency is Urgency.ASKED and self._was_asked)
        self._was_asked |= urgency is Urgency.ASKED
        # A terminal's Ctrl-C does not reach jobs: they have sessions of their own.
        at = None if code is ExitCode.INTERRUPTED else self._clock.monotonic()
        self._stops.append(StopRequest(code, kills, at))
        self._waker.wake()

    def run(self) -> RunSummary:
        """Run jobs, and return how it went.

        Raises:
            TorcError: The runner could not begin (see `register_node`), the workflow was deleted
                meanwhile, the server refuses one of its settings, or this machine cannot start
                jobs any more.
        """
        with contextlib.ExitStack() as turn:
            return self._run_in(turn)

    def _run_in(self, turn: contextlib.ExitStack) -> RunSummary:
        """Run, and leave the turn once what dead runners have left is adopted."""
        begun = self._clock.monotonic()
        start = self._patience(first_answer_s(self._options), lambda: bool(self._stops))
        try:
            context = register_node(
                self._client,
                self._options,
                self._clock,
                start,
                await_turn=lambda: turn.enter_context(taking_turns()),
            )
        except (TransportError, ServerError) as error:
            if not self._stops:
                raise
            return self._stopped_before(error, self._clock.monotonic() - begun)
        self._options = settle(self._options, context.execution)
        record = RunRecord(self._client, self._options.workflow_run_id)
        end = self._patience(LAST_ANSWERS_S, self._is_hurried)
        try:
            record.begin(context.node_id, start)
            ids = {
                "workflow_id": context.workflow_id,
                "run_id": context.run_id,
                "compute_node_id": context.node_id,
            }
            with log_to_file(_log_paths(self._options, context), context.log_mode, **ids) as file:
                log.info("Runner started", host=context.hostname, pid=os.getpid())
                _log_offer(context, self._options)
                summary = self._run(context, start, end, turn)
            if self._expects_answers:
                record.end(summary, end)
            return msgspec.structs.replace(summary, lost_log_lines=file.lost_in_all)
        except TorcError as error:
            if self._expects_answers:
                record.fail(error, end)
            raise
        finally:
            if self._expects_answers:
                deregister_node(self._client, context, self._clock, end, self._node_usage)

    def _run(
        self,
        context: RunnerContext,
        start: Patience,
        end: Patience,
        turn: contextlib.ExitStack,
    ) -> RunSummary:
        loop = self._build_loop(context, start)
        turn.close()
        try:
            loop.run(self._stops)
        finally:
            loop.close()
            self._expects_answers = loop.expects_answers
            self._known_stops = len(self._stops)
        if not self._expects_answers:
            return loop.summary({}, "The server does not answer.")
        try:
            ask = partial(self._client.get_workflow_status, self._options.workflow_id)
            return loop.summary(end.ask(ask).jobs_by_status or {})
        except TorcError as error:
            log.warning("Status of the workflow is not known", error=error)
            return loop.summary({}, error.message)

    def _patience(self, limit_s: float, is_over: Callable[[], bool]) -> Patience:
        return Patience(limit_s, self._clock, jitter=random.random, is_over=is_over)

    def _is_hurried(self) -> bool:
        """Return whether the runner was asked to stop at once, or since it has nothing to do."""
        kills = any(request.kills for request in self._stops)
        return kills or len(self._stops) > self._known_stops

    def _stopped_before(self, error: TorcError, duration_s: float) -> RunSummary:
        """Return how a run went that was stopped before the server has answered."""
        return RunSummary(
            workflow_id=self._options.workflow_id,
            run_id=0,
            outcomes={},
            jobs_by_status={},
            unanswered=error.message,
            duration_s=duration_s,
            reason="the runner was asked to stop",
            exit_code=self._stops[0].code,
        )

    def _build_loop(self, context: RunnerContext, start: Patience) -> Loop:
        timers = Timers()
        monitor = ResourceMonitor(
            context.monitoring,
            timers,
            self._clock,
            Instruments(
                JobMeter(self._clock, limits=bool(self._options.limit_resources)),
                NodeMeter().sample,
                open_series(context, self._clock),
            ),
        )
        self._node_usage = monitor.node_usage
        guards = Guards(context, self._waker, self._care(context))
        tools = Tools(
            clock=self._clock,
            timers=timers,
            launcher=Launcher(
                context,
                self._clock,
                guards,
                api_url=lambda: url_for_jobs(self._client, with_token=context.has_token_in_path),
            ),
            guards=guards,
            monitor=monitor,
        )
        protocol = choose_protocol(self._client, context, self._clock)
        link = ServerLink(protocol, self._waker.wake, jitter=random.random)
        actions = Actions(self._client, context, self._clock, guards, self._scheduler)
        surroundings = Surroundings(self._waker, link, actions, self._on_progress)
        jobs = Jobs(context, self._options, tools)
        attempts, nodes = guards.adopt(
            lambda guard: start.ask(partial(is_registered, self._client, guard)),
            grace_s=self._options.grace_s,
            cares=self._options.cares,
        )
        if not self._options.cares:
            guards.start_guard()
        jobs.adopt(attempts, [*nodes, *self._options.replaces])
        return Loop(context, self._options, jobs, surroundings)

    def _care(self, context: RunnerContext) -> CareRecord:
        """Return what a caretaker of our jobs needs. Its node offers nothing."""
        options = msgspec.structs.replace(
            self._options,
            cares=True,
            output_dir=context.output_dir,
            num_cpus=0,
            memory_gb=0.0,
            num_gpus=0,
            time_limit_s=None,
            log_path=None,
            workflow_run_id=None,
            replaces=(),
        )
        return CareRecord(
            url=self._client.url,
            token=self._client.token,
            is_embedded=self._client.is_located and options.access_file is None,
            options=msgspec.to_builtins(options),
        )


def _log_paths(options: RunnerOptions, context: RunnerContext) -> tuple[str, ...]:
    if options.log_path is not None:
        return (options.log_path,)
    return output_paths.runner_logs(
        context.output_dir,
        context.hostname,
        context.workflow_id,
        context.run_id,
        context.node_id,
    )


def _log_offer(context: RunnerContext, options: RunnerOptions) -> None:
    """Log what jobs can have here, and what sets how much that is."""
    log.info(
        "Node offers",
        num_cpus=context.total.num_cpus,
        cpus_by=context.limited_by.cpus,
        memory_gb=round(context.total.memory_bytes / 2**30, 2),
        memory_by=context.limited_by.memory,
        gpus=",".join(context.gpus) or None,
        num_nodes=context.total.num_nodes,
        max_parallel_jobs=options.max_parallel_jobs,
        cpu_affinity=bool(context.cpus),
        limit_resources=options.limit_resources,
    )
