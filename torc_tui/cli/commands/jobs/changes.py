"""`torc jobs cancel`, `terminate` and `retry`."""

from __future__ import annotations

from torc_core.model.ids import JobId
from torc_core.operations.jobs.change import CANCEL, RETRY, TERMINATE, JobChange, propose_change
from torc_tui.cli.command import command
from torc_tui.cli.options.shared import jobs_argument
from torc_tui.cli.settings import Settings, pass_settings


@command(examples=["torc jobs cancel 12 13"])
@jobs_argument
@pass_settings
def cancel(settings: Settings, job_ids: tuple[JobId, ...]) -> None:
    """Cancel jobs; running ones are stopped."""
    _change(settings, CANCEL, job_ids)


@command(examples=["torc jobs terminate 12"])
@jobs_argument
@pass_settings
def terminate(settings: Settings, job_ids: tuple[JobId, ...]) -> None:
    """Terminate running jobs."""
    _change(settings, TERMINATE, job_ids)


@command(examples=["torc jobs retry 12"])
@jobs_argument
@pass_settings
def retry(settings: Settings, job_ids: tuple[JobId, ...]) -> None:
    """Give failed or terminated jobs another attempt."""
    _change(settings, RETRY, job_ids)


def _change(settings: Settings, change: JobChange, job_ids: tuple[JobId, ...]) -> None:
    done = settings.carry_out(propose_change(settings.client, change, job_ids))
    changed = [job.id for job in done.jobs]
    settings.output.message(
        done.sentence, {"status": "success", "message": done.sentence, "job_ids": changed}
    )
