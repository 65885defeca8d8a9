"""What a user should know of a document that is imported."""

from __future__ import annotations

from collections.abc import Iterator

from torc_core.operations.definition.transfer import renumber
from torc_core.operations.definition.transfer.document import Document
from torc_core.spec.problems import shown
from torc_core.units import counted

_SHOWN = 5


def remarks_on(document: Document, *, skip_events: bool) -> Iterator[str]:
    """Yield what is left out of a document or changed, and what the user should look at."""
    if document.num_events and not skip_events:
        yield (
            f"{counted(document.num_events, 'event')} left out: a server would give them the "
            "present time, and the jobs that they name have other numbers now."
        )
    yield from _lost_references(document)
    unclear = [
        (job.name, number) for job in document.jobs for number in renumber.unclear_numbers(job)
    ]
    if unclear:
        (name, number) = unclear[0]
        yield (
            f"{counted(len(unclear), 'command')} may name user data by its old number, such as "
            f"{number} in job {shown(name)}; torc changes it only in `torc user-data get NUMBER` "
            "and the like. Check them."
        )


def _lost_references(document: Document) -> Iterator[str]:
    """Yield what names schedulers, or jobs of actions, that the document does not have."""
    jobs = document.jobs.positions

    def is_lost(scheduler: int | None, kind: str | None = None) -> bool:
        sections = renumber.scheduler_sections(kind)
        there = (getattr(document, section).positions for section in sections)
        return scheduler is not None and not any(scheduler in ids for ids in there)

    lost = [f"job {shown(job.name)}" for job in document.jobs if is_lost(job.scheduler_id)]
    for number, action in enumerate(document.workflow_actions):
        scheduler, kind = renumber.scheduler_of(action.action_config)
        if is_lost(scheduler, kind) or any(key not in jobs for key in action.job_ids or ()):
            lost.append(f"workflow_actions[{number}]")
    if lost:
        named = ", ".join(lost[:_SHOWN]) + (" …" if len(lost) > _SHOWN else "")
        yield (
            f"{counted(len(lost), 'record')} named a scheduler or a job that was deleted; these "
            f"references are left out: {named}."
        )
