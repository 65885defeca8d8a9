"""What a runner without a job can still expect, and so whether it stays. Pure."""

from __future__ import annotations

from torc_core.clock import Clock, utc_text
from torc_core.model.compute import SchedulerType
from torc_core.model.exchange import Exchange, ExchangeReply, Outlook
from torc_core.moments import zoned_moment
from torc_core.runner.policy.options import RunnerOptions

SILENT_S = 75.0
"""A runner that was not heard from for so long may be lost: each exchange is a heartbeat, and the
server holds none for longer than a minute."""
_ROUNDING_S = 1.0
"""The server learns in whole seconds how much time is left."""
_NOTHING = Outlook()


class Prospects:
    """Remembers what the server said last of work for this runner.

    Args:
        options: The runner's.
        clock: The time.
        no_work_s: How long the runner stays without work.
    """

    def __init__(self, options: RunnerOptions, clock: Clock, no_work_s: float) -> None:
        self._workflow_id = options.workflow_id
        self._no_work_s = no_work_s
        self._leaves: float | None = None
        """When the runner leaves if there is no job: seconds since 1970."""
        self._is_allocation = options.compute_node_type is not SchedulerType.LOCAL
        self._clock = clock
        self._found_no_work = False
        """The last request that carried no report was answered without a job."""
        self._reason = ""
        self._outlook = _NOTHING
        self._until = 0.0
        """When the first runner that holds jobs counts as lost: seconds since 1970."""
        self._announced: object = None
        """What was waited for at the last announcement."""

    def note(self, request: Exchange, reply: ExchangeReply) -> None:
        """Take a reply into account."""
        # Of two requests in flight the later may be answered before the earlier takes effect, so
        # only one without a report shows that there is no work; and only one that was sent when
        # there was no job here speaks of others.
        is_idle = request.work is not None and request.work.asks_outlook
        self._found_no_work = is_idle and not (request.ends or reply.jobs)
        self._reason = reply.reason or ""
        self._outlook = reply.outlook or _NOTHING
        self._until = self._time_in(self._outlook.lease_seconds)
        if not self.is_out_of_work:
            self._leaves = None
        elif self._leaves is None:
            self._leaves = self._time_in(self._no_work_s)

    def forget(self) -> None:
        """Note that there are jobs here."""
        self._found_no_work = False
        self._outlook = _NOTHING
        self._leaves = None

    def announce(self) -> tuple[str, dict[str, object]] | None:
        """Return what to log of the wait for jobs; None if that has not changed."""
        waits = self._outlook.holders if self.waits_for_others else self._leaves
        is_new, self._announced = waits != self._announced, waits
        if not (is_new and waits):
            return None
        if self.waits_for_others:
            until = _logged(self._until)
            return "Waiting for jobs of other runners", {"runners": waits, "until_if_silent": until}
        until = _logged(self._leaves or 0.0)
        return "Waiting for jobs", {"until": until, "reason": self._why_none or None}

    @property
    def is_out_of_work(self) -> bool:
        """Whether there is no job for this runner, and none that others hold is waited for."""
        return self._found_no_work and not self.waits_for_others

    @property
    def idle_reason(self) -> str:
        """Why the runner leaves when its time without work is over."""
        return f"there is no job to run here. {self._why_none}".rstrip()

    @property
    def _why_none(self) -> str:
        """Why there is no job for this runner, in sentences."""
        left = self._outlook
        sentences = [self._reason]
        if left.interrupted:
            sentences.append(
                f"Jobs that were interrupted with their runner: {left.interrupted}; "
                f"`torc run {self._workflow_id}` continues them."
            )
        if left.undecided:
            sentences.append(
                f"Jobs that wait for a decision between retry and failure: {left.undecided}."
            )
        if left.uninitialized:
            sentences.append(f"Jobs that are not initialized: {left.uninitialized}.")
        return " ".join(filter(None, sentences))

    @property
    def is_hopeless(self) -> bool:
        """Whether nothing that is left is for this runner."""
        return self._outlook.is_hopeless

    @property
    def leaves_jobs(self) -> bool:
        """Whether jobs are ready that neither this runner nor another one can take."""
        return self._outlook.example is not None

    @property
    def longest_wait_s(self) -> float | None:
        """How long to listen for jobs at most; None for as long as it takes."""
        limits = [] if self.waits_for_others else [self._no_work_s]
        if self._outlook.fits_seconds is not None:
            limits.append(self._outlook.fits_seconds + _ROUNDING_S)
        return min(limits, default=None)

    def hopeless(self, *, is_too_late: bool) -> str | None:
        """Return why a runner without jobs leaves at once; None if there may be more for it.

        Args:
            is_too_late: Too little time is left to claim a job.
        """
        if is_too_late:
            return (
                "too little of its time is left to start another job "
                "(compute_node_min_time_for_new_jobs_seconds)"
            )
        if not self._outlook.is_hopeless:
            return None
        if not self._outlook.is_stuck:
            return f"there is no job to run here. {self._outlook.out_of_reach}"
        example = self._outlook.example
        if example is None:
            return self.idle_reason
        return f"{self.idle_reason} No other runner of this workflow can take job {example!r}."

    @property
    def waits_for_others(self) -> bool:
        """Whether jobs that other runners hold keep this one here.

        An allocation is paid for while it is idle, so the workflow's limit holds there; except for
        the jobs of a runner that has fallen silent, which are soon ready again.
        """
        is_silent = self._outlook.silent_seconds > SILENT_S
        return self._outlook.holders > 0 and (is_silent or not self._is_allocation)

    @property
    def waiting(self) -> str:
        """What the runner waits for, and until when; empty if for nothing."""
        if not self.waits_for_others:
            leaves = self._leaves
            return "" if leaves is None else f"waiting for jobs, until {self._said(leaves)}"
        holders, until = self._outlook.holders, self._said(self._until)
        if holders == 1:
            return f"waiting for jobs of another runner, until {until} if it stays silent"
        return f"waiting for jobs of {holders} runners, until {until} if one stays silent"

    def _time_in(self, seconds: float) -> float:
        return self._clock.wall_ms() / 1000 + seconds

    def _said(self, moment: float) -> str:
        return zoned_moment(moment, self._clock.wall_ms() / 1000)


def _logged(moment: float) -> str:
    """Return hours, minutes and seconds as in the time of a line of the log."""
    return f"{utc_text(int(moment * 1000))[11:19]}Z"
