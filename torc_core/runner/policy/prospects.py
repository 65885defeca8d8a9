"""What a runner without a job can still expect, and so whether it stays. Pure."""

from __future__ import annotations

from torc_core.clock import Clock, utc_text
from torc_core.model.compute import SchedulerType
from torc_core.model.exchange import Exchange, ExchangeReply, Outlook
from torc_core.runner.policy.options import RunnerOptions

SILENT_S = 75.0
"""A runner that was not heard from for so long may be lost: each exchange is a heartbeat, and the
server holds none for longer than a minute."""
_NOTHING = Outlook()


class Prospects:
    """Remembers what the server said last of work for this runner.

    Args:
        options: The runner's.
        clock: The time.
    """

    def __init__(self, options: RunnerOptions, clock: Clock) -> None:
        self._is_allocation = options.compute_node_type is not SchedulerType.LOCAL
        self._clock = clock
        self._found_no_work = False
        """The last request that carried no report was answered without a job."""
        self._reason = ""
        self._outlook = _NOTHING
        self._until = ""
        """When the first runner that holds jobs counts as lost: hours, minutes and seconds."""
        self._announced = 0
        """Runners that held jobs at the last announcement."""

    def note(self, request: Exchange, reply: ExchangeReply) -> None:
        """Take a reply into account."""
        # Of two requests in flight the later may be answered before the earlier takes effect, so
        # only one without a report shows that there is no work; and only one that was sent when
        # there was no job here tells of others.
        is_idle = request.work is not None and request.work.asks_outlook
        self._found_no_work = is_idle and not (request.ends or reply.jobs)
        self._reason = reply.reason or ""
        self._outlook = reply.outlook or _NOTHING
        lost_ms = self._clock.wall_ms() + int(self._outlook.lease_seconds * 1000)
        self._until = utc_text(lost_ms)[11:19]

    def forget(self) -> None:
        """Note that there are jobs here."""
        self._found_no_work = False
        self._outlook = _NOTHING

    def announce(self) -> dict[str, object]:
        """Return what to log of whom the runner waits for; empty if that has not changed."""
        holders = self._outlook.holders if self.waits_for_others else 0
        is_new, self._announced = holders != self._announced, holders
        if not (is_new and holders):
            return {}
        return {"runners": holders, "until_if_silent": f"{self._until}Z"}

    @property
    def is_out_of_work(self) -> bool:
        """Whether there is no job for this runner, and none that others hold is waited for."""
        return self._found_no_work and not self.waits_for_others

    @property
    def idle_reason(self) -> str:
        """Why the runner leaves when its time without work is over."""
        return f"there is no job to run here. {self._reason}".rstrip()

    @property
    def is_stuck(self) -> bool:
        """Whether no runner can run what is left."""
        return self._outlook.is_stuck

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
        if not self._outlook.is_stuck:
            return None
        example = self._outlook.example
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
        """Whom the runner waits for, and until when; empty if for no one."""
        if not self.waits_for_others:
            return ""
        holders = self._outlook.holders
        if holders == 1:
            return f"waiting for jobs of another runner, until {self._until} UTC if it stays silent"
        return f"waiting for jobs of {holders} runners, until {self._until} UTC if one stays silent"
