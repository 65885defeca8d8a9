"""Watch a workflow until it is complete: look, decide, act, and wait for news."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from enum import Enum, auto
from typing import TypeAlias

import msgspec

from torc_core.client import Feature
from torc_core.clock import SystemClock, utc_now
from torc_core.errors import (
    ConflictError,
    ExitCode,
    NotFoundError,
    ServerError,
    TorcError,
    TransportError,
)
from torc_core.host.connect import Connection
from torc_core.host.files.output_files import log_mode
from torc_core.hpc.slurm.programs.calls import Slurm
from torc_core.model.records.recovery import Recovery, RecoveryKind, RecoveryOutcome
from torc_core.model.workflow import Workflow
from torc_core.operations.recovery.procedure.outcome import Verdict
from torc_core.operations.recovery.procedure.outset import require_slurm
from torc_core.operations.recovery.recover import Turn, recover
from torc_core.operations.recovery.sync_status import settle
from torc_core.operations.recovery.watch.check import find_watchable
from torc_core.operations.recovery.watch.decide import (
    SHORTLY_S,
    Decision,
    Finish,
    Recover,
    Release,
    RunHere,
    Schedule,
    Settle,
    Wait,
    decide,
)
from torc_core.operations.recovery.watch.log import LoggingReporter, WatchLog
from torc_core.operations.recovery.watch.look import Look, look
from torc_core.operations.recovery.watch.news import News
from torc_core.operations.recovery.watch.notices import (
    Watched,
    Watching,
    counts_line,
    outcome_lines,
    watching,
)
from torc_core.operations.recovery.watch.request import Means, WatchRequest
from torc_core.operations.recovery.watch.schedule import run_here, schedule
from torc_core.operations.recovery.watch.situation import Situation
from torc_core.operations.reporter import PlainNotice, Reporter
from torc_core.operations.slurm.queue_watch import QueueWatch
from torc_core.units import counted

_FIRST_RETRY_S, _LAST_RETRY_S = 1.0, 30.0
"""Between two tries with a server or a Slurm that does not answer."""
_MOST_REFUSALS = 5
"""In a row, of what a watch has decided to do: another watch explains one or two of them."""

Decided: TypeAlias = Callable[[Situation, Decision], object]


class _StoppedError(Exception):
    """The watch was ended from outside."""


class _Subject(Enum):
    """What may be true for long, and is said once."""

    SERVER = auto()
    SLURM = auto()
    WAIT = auto()
    ACT = auto()


def watch(  # noqa: PLR0913 - what a watch is made of
    connection: Connection,
    slurm: Slurm,
    request: WatchRequest,
    reporter: Reporter,
    is_over: threading.Event,
    *,
    workflow: Workflow | None = None,
    decided: Decided | None = None,
) -> Watched | None:
    """Watch a workflow, and return how that ended; None if `is_over` was set before.

    A server or a Slurm that does not answer is waited for.

    Args:
        connection: The server.
        slurm: The programs of this machine's cluster.
        request: What is wanted.
        reporter: Reports everything as progress; the log gets the same.
        is_over: Ends it from outside.
        workflow: What `find_watchable` has returned; looked for here if left out.
        decided: Called with each decision, before it is carried out.

    Raises:
        MachineError: The log cannot be written, or there is no Slurm here.
        TorcError: As from `find_watchable`.
    """
    workflow = workflow or find_watchable(connection.client, request)
    mode = log_mode(is_shared=bool(workflow.access_groups))
    log = WatchLog(request.site.directory, request.workflow_id, mode)
    try:
        logging = LoggingReporter(reporter, log)
        watched = _Watch(connection, slurm, request, logging, is_over, decided).run()
        log.write("Stopped." if watched is None else watched.text)
    except TorcError as error:
        log.write(f"error: {error.message}\n{error.hint}")
        raise
    else:
        return watched
    finally:
        log.close()


class _Watch:
    """One watch."""

    def __init__(
        self,
        connection: Connection,
        slurm: Slurm,
        request: WatchRequest,
        reporter: Reporter,
        is_over: threading.Event,
        decided: Decided | None,
    ) -> None:
        self._decided = decided
        self._client = connection.client
        self._means = Means(connection=connection, slurm=slurm, request=request)
        self._request = request
        self._options = request.options
        self._reporter = reporter
        self._is_over = is_over
        self._queue = QueueWatch(slurm, SystemClock())
        self._known: dict[_Subject, str | None] = {}
        self._counted_at = float("-inf")
        self._settled: tuple[Situation, float] | None = None
        self._released: set[int] = set()
        self._failures = 0
        self._refusals = 0
        self._own: list[Recovery] = []
        """What was done here, where the server keeps no records of it."""

    def run(self) -> Watched | None:
        """Watch until there is nothing more to watch, or it is over."""
        self._reporter.progress(watching(self._request.workflow_id, self._options))
        with (
            News(self._client, self._request.workflow_id, self._is_over) as news,
            contextlib.suppress(_StoppedError),
        ):
            while not self._is_over.is_set():
                outcome = self._step(news)
                if isinstance(outcome, Watched):
                    return outcome
                news.wait(outcome)
        return None

    def _step(self, news: News) -> Watched | float:
        """Look, and do what follows; return the outcome, or how long to wait for news."""
        try:
            seen = self._look()
        except NotFoundError as error:
            finish = Finish(exit_code=ExitCode.JOBS_FAILED, sentence=error.message)
            return self._finish(finish)
        except (TransportError, ServerError) as error:
            return self._wait_for(_Subject.SERVER, error)
        self._note(_Subject.SERVER, None, "The server answers again.")
        self._note_slurm(seen)
        self._count(seen)
        decision = decide(seen.situation, self._options, self._now())
        is_of_slurm = seen.situation.allocations is not None
        if is_of_slurm and self._options.acts and not isinstance(decision, Finish):
            require_slurm(self._means.slurm, self._request.workflow_id)
        if self._decided is not None:
            self._decided(seen.situation, decision)
        try:
            outcome = self._carry_out(decision, seen, news)
        except (TransportError, ServerError) as error:  # Slurm's controller is one of them
            return self._wait_for(_Subject.ACT, error)
        except ConflictError as error:
            self._refusals += 1
            if self._refusals == _MOST_REFUSALS:
                raise
            return self._wait_for(_Subject.ACT, error)
        self._failures = self._refusals = 0
        self._note(_Subject.ACT, None)
        return outcome

    def _look(self) -> Look:
        seen = look(self._client, self._queue, self._request.workflow_id, self._options)
        if not self._own:
            return seen
        situation = seen.situation
        recoveries = (*reversed(self._own), *situation.recoveries)
        situation = msgspec.structs.replace(situation, recoveries=recoveries)
        return msgspec.structs.replace(seen, situation=situation)

    def _carry_out(self, decision: Decision, seen: Look, news: News) -> Watched | float:
        if isinstance(decision, Finish):
            if seen.situation.is_over:
                self._report_outcome(seen.situation)
            return self._finish(decision)
        if isinstance(decision, Wait):
            self._note(_Subject.WAIT, decision.why)
            return self._pause(decision, seen, news)
        if isinstance(decision, Release):
            return self._release(seen)
        self._note(_Subject.WAIT, None)
        if isinstance(decision, Settle):
            return self._settle(seen)
        return self._act(decision, seen.situation)

    def _act(self, decision: Recover | Schedule | RunHere, situation: Situation) -> Watched | float:
        kind = RecoveryKind.SCHEDULE
        if isinstance(decision, Schedule):
            is_done = schedule(self._means, situation, decision, self._reporter)
        elif isinstance(decision, RunHere):
            is_done = run_here(self._means, situation, decision, self._reporter)
        else:
            kind, is_done = RecoveryKind.RECOVER, True
            if (end := self._recover(situation, decision)) is not None:
                return end
        if is_done:
            self._remember(kind, situation.run_id, decision.number)
        return SHORTLY_S

    def _recover(self, situation: Situation, decision: Recover) -> Watched | None:
        """Recover; return the outcome of the watch, if nothing can be recovered."""
        if situation.is_over:
            self._report_outcome(situation)
        most = self._options.max_retries
        self._say(f"Attempting automatic recovery (attempt {decision.attempt}/{most})")
        done = recover(
            self._means.connection,
            self._means.slurm,
            self._request.recover,
            Turn(situation.run_id, decision.number),
            self._reporter,
            pause=self._sleep,
        )
        if done.verdict is Verdict.HOPELESS:
            hint = "\n".join(done.lines[1:])
            return self._finish(
                Finish(exit_code=ExitCode.JOBS_FAILED, sentence=done.sentence, hint=hint)
            )
        if done.verdict is Verdict.COMPLETE:
            raise ConflictError(done.sentence)
        for line in done.lines:
            self._say(line)
        again = Watching(sentence="Recovery initiated. Resuming monitoring...")
        for notice in (again, watching(self._request.workflow_id, self._options)):
            self._reporter.progress(notice)
        return None

    def _remember(self, kind: RecoveryKind, run_id: int, number: int) -> None:
        """Keep a record of what was done, if the server does not."""
        if self._client.offers(Feature.RECOVERIES):
            return
        now = utc_now()
        self._own.append(
            Recovery(
                workflow_id=self._request.workflow_id,
                kind=kind,
                run_id=run_id,
                number=number,
                holder="this watch",
                started_at=now,
                ended_at=now,
                outcome=RecoveryOutcome.DONE,
            )
        )

    def _settle(self, seen: Look) -> float:
        """Have orphans settled, unless that was just done without any effect."""
        now, interval_s = time.monotonic(), self._options.poll_interval_s
        if self._settled is not None:
            before, at = self._settled
            if before == seen.situation and at + interval_s > now:
                return at + interval_s - now
        self._settled = (seen.situation, now)
        done = settle(
            self._client,
            self._means.slurm,
            self._request.workflow_id,
            self._reporter,
            pause=self._sleep,
        )
        if done.not_judged is not None:
            self._reporter.warn(PlainNotice(done.not_judged.message))
        return 0.0

    def _release(self, seen: Look) -> float:
        """Cancel what waits in the queue, each once; Slurm says so at its next look."""
        new = [each for each in seen.queued if each not in self._released]
        if new:
            self._means.slurm.cancel(new)
            self._released.update(new)
            number = counted(len(new), "allocation")
            self._say(f"Canceled {number} that waited for nodes: no job is left for them.")
        elif not self._released and seen.slurm is not None and seen.slurm.age_s is not None:
            self._note(_Subject.WAIT, "Waiting until the last allocations have ended.")
        return min(self._options.poll_interval_s, seen.slurm.next_look_s if seen.slurm else 60.0)

    def _sleep(self, seconds: float) -> None:
        if self._is_over.wait(seconds):
            raise _StoppedError

    def _pause(self, wait: Wait, seen: Look, news: News) -> float:
        """Return how long to wait at most."""
        pause = self._options.poll_interval_s
        if wait.until is not None:
            pause = min(pause, wait.until - self._now())
        if seen.slurm is not None and seen.slurm.age_s is not None:
            answered = time.monotonic() - seen.slurm.age_s
            if answered < news.last:  # something has happened that Slurm was not asked after
                pause = min(pause, seen.slurm.next_look_s)
        return pause

    def _report_outcome(self, situation: Situation) -> None:
        self._count_now(situation)
        for line in outcome_lines(self._client, situation):
            self._say(line.sentence)

    def _finish(self, finish: Finish) -> Watched:
        return Watched(
            workflow_id=self._request.workflow_id,
            exit_code=finish.exit_code,
            sentence=finish.sentence,
            hint=finish.hint,
        )

    def _wait_for(self, subject: _Subject, error: TorcError) -> float:
        pause = min(_FIRST_RETRY_S * 2.0**self._failures, _LAST_RETRY_S)
        self._failures = min(self._failures + 1, 16)
        is_refused = isinstance(error, ConflictError)
        self._note(subject, error.message if is_refused else _waiting(error))
        return min(pause, self._options.poll_interval_s)

    def _note_slurm(self, seen: Look) -> None:
        error = None if seen.slurm is None else seen.slurm.error
        said = None if error is None else _waiting(error)
        self._note(_Subject.SLURM, said, "Slurm answers again.")

    def _note(self, subject: _Subject, said: str | None, otherwise: str | None = None) -> None:
        """Say something that may be true for long, once; and when it is no longer true."""
        before = self._known.get(subject)
        self._known[subject] = said
        if said is not None and said != before:
            self._say(said)
        elif said is None and before is not None and otherwise is not None:
            self._say(otherwise)

    def _count(self, seen: Look) -> None:
        """Show the job counts if that is wanted and time."""
        if self._counted_at + self._options.poll_interval_s <= time.monotonic():
            self._count_now(seen.situation)

    def _count_now(self, situation: Situation) -> None:
        if self._options.show_job_counts:
            self._counted_at = time.monotonic()
            self._say(counts_line(situation.counts).sentence)

    def _say(self, sentence: str) -> None:
        self._reporter.progress(PlainNotice(sentence))

    def _now(self) -> float:
        """Return the time by the server's clock, in seconds since 1970."""
        return time.time() + (self._client.clock_skew_s or 0.0)


def _waiting(error: TorcError) -> str:
    end = "" if error.message.endswith((".", "!", "?")) else "."  # Slurm's own words have none
    return f"{error.message}{end} Waiting until it answers."
