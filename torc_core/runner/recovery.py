"""What follows a failed attempt: the rules of its failure handler, and their recovery scripts.

A recovery script runs before its attempt is reported, so that no runner can claim the job while it
still works. Until it has ended, the job keeps its resources.
"""

from __future__ import annotations

from msgspec.structs import replace

from torc_core.clock import Clock
from torc_core.model.exchange import JobEnd, RecoveryEnd
from torc_core.runner.logs import log
from torc_core.runner.policy.exit_outcome import EXIT_CANNOT_START
from torc_core.runner.policy.failure_rules import apply_rules, judge_recovery
from torc_core.runner.process.attempt import Attempt, Recovery, job_ids
from torc_core.runner.process.launcher import Launcher
from torc_core.runner.process.start_errors import SpawnError


class FailureHandling:
    """Decides about failed attempts, and runs the recovery scripts of their rules.

    Args:
        launcher: Starts the scripts.
        clock: The time.
        use_pending_failed: The workflow's setting: a user decides about failures without a rule.
    """

    def __init__(self, launcher: Launcher, clock: Clock, *, use_pending_failed: bool) -> None:
        self._launcher = launcher
        self._clock = clock
        self._use_pending_failed = use_pending_failed

    def decide(self, attempt: Attempt, completion: JobEnd) -> JobEnd | None:
        """Apply the rules to a failed attempt whose process has exited.

        Returns:
            What to report of it; None if that is not known yet, because its recovery script is
            running as the attempt's process now.
        """
        decision = apply_rules(
            attempt.claimed.failure_rules,
            status=completion.status,
            exit_code=completion.return_code,
            attempt_id=attempt.claimed.counted_attempt,
            use_pending_failed=self._use_pending_failed,
        )
        completion = replace(completion, status=decision.status, retry=decision.retries)
        if decision.recovery_script is None:
            return completion
        return self._start(attempt, completion, decision.recovery_script)

    def finish(self, attempt: Attempt, recovery: Recovery, exit_code: int) -> JobEnd:
        """Return what to report of an attempt whose recovery script has exited."""
        outcome = judge_recovery(recovery.completion.status, exit_code, attempt.stop)
        completion = replace(
            recovery.completion,
            status=outcome.status,
            retry=outcome.retries,
            recovery=self._end_of(recovery, exit_code),
        )
        if attempt.stop is not None:
            self._note(attempt, f"The recovery script was stopped: {attempt.stop.value}.")
        elif exit_code != 0:
            text = f"The recovery script exited with {exit_code}: the job is not retried."
            self._note(attempt, text)
        return completion

    def fail(self, attempt: Attempt, recovery: Recovery, error: SpawnError) -> JobEnd:
        """Return what to report of an attempt whose recovery script cannot be started."""
        text = f"{error.message} {error.hint}".rstrip()
        self._note(attempt, f"The recovery script was not started: the job fails. {text}")
        return replace(recovery.completion, recovery=self._end_of(recovery, EXIT_CANNOT_START))

    def _start(self, attempt: Attempt, completion: JobEnd, script: str) -> JobEnd | None:
        ids = job_ids(attempt.claimed)
        log.info("Recovery script started", return_code=completion.return_code, **ids)
        recovery = Recovery(completion=completion, started=self._clock.monotonic())
        try:
            self._launcher.start_recovery(attempt, script, recovery)
        except SpawnError as error:
            return self.fail(attempt, recovery, error)
        attempt.recovery, attempt.stop = recovery, None
        return None

    def _end_of(self, recovery: Recovery, exit_code: int) -> RecoveryEnd:
        duration_s = self._clock.monotonic() - recovery.started
        return RecoveryEnd(return_code=exit_code, duration_seconds=round(duration_s, 3))

    def _note(self, attempt: Attempt, text: str) -> None:
        log.warning("Job is not retried", error=text, **job_ids(attempt.claimed))
        self._launcher.write_stderr(attempt.claimed, text)
