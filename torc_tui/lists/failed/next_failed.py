"""The next row of a list that failed, among all rows and not only those that are known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

from torc_core.client import Feature, TorcClient
from torc_core.diagnosis.observation import FAILURES
from torc_core.model.ids import WorkflowId, id_of
from torc_core.model.job import Job
from torc_core.model.page import Page
from torc_core.model.workflow import Workflow
from torc_core.operations.facts import count
from torc_tui.lists.listing import Listing, Query

_PAGE = 2_000
MOST_SCANNED = 100_000
"""So many rows are looked at, one after the other, where the order does not lead to them."""
_STATUSES = ",".join(sorted(FAILURES))
_STATUS = "status"


class Next(NamedTuple):
    """Where the next failed row is."""

    row: int | None
    """None if there is none, or none was found."""
    is_wrapped: bool = False
    """It is not below the cursor, but above, or under it."""
    is_partial: bool = False
    """Not all rows were looked at."""


class Place(NamedTuple):
    """A list, and where in it the search begins."""

    listing: Listing
    workflow_id: WorkflowId | None
    query: Query
    total: int
    cursor: int


def next_failed_workflow(client: TorcClient, place: Place) -> Next:
    """Return the next workflow of which jobs failed.

    Raises:
        TorcError: The server does not count the jobs of workflows, or did not answer.
    """
    client.require(Feature.JOB_COUNTS)
    return next_failed(client, place, _has_failures)


def _has_failures(workflow: Workflow) -> bool:
    return count(workflow.job_counts, FAILURES) > 0


def has_failed(job: Job) -> bool:
    """Return whether a job failed."""
    return job.status in FAILURES


def next_failed(client: TorcClient, place: Place, is_failed: Callable[[Any], bool]) -> Next:
    """Return the next row that failed, below the cursor or else from the top.

    Raises:
        TorcError: The server refused a request, or did not answer.
    """
    looked_at = 0
    for span in _spans(place.total, place.cursor + 1):
        part = place.listing.part(client, place.workflow_id, place.query, span)
        for at, item in zip(span, part.items, strict=False):
            if is_failed(item):
                return Next(at, at <= place.cursor)
        looked_at += len(span)
        if looked_at >= MOST_SCANNED:
            return Next(None, is_partial=looked_at < place.total)
    return Next(None)


def next_failed_job(client: TorcClient, place: Place, job: Job) -> Next:
    """Return the next failed job; in the order of ids it is found whatever their number.

    Args:
        client: The client.
        place: The list of jobs, as it is sorted and filtered.
        job: The one under the cursor.

    Raises:
        TorcError: The server refused a request, or did not answer.
    """
    if _STATUS in place.query.filters or place.query.sort_by not in {None, "id"}:
        return next_failed(client, place, has_failed)
    sign = -1 if place.query.reverse else 1
    every, failing = place.listing, replace(place.listing, page=partial(_failed_page, place))

    def part(listing: Listing, at: int) -> Page[Any]:
        return listing.part(client, place.workflow_id, place.query, range(at, at + 1))

    def key_at(listing: Listing, at: int) -> int:
        items = part(listing, at).items
        return sign * id_of(items[0]) if items else _BEYOND

    number = part(failing, 0).total_count
    if not number:
        return Next(None)
    at = first_beyond(partial(key_at, failing), number, sign * id_of(job))
    is_wrapped = at == number
    wanted = key_at(failing, 0 if is_wrapped else at)
    index = first_beyond(partial(key_at, every), place.total, wanted - 1)
    return Next(min(index, place.total - 1), is_wrapped)


_BEYOND = 1 << 62
"""Behind the end of a list that has become shorter."""


def first_beyond(key_at: Callable[[int], int], total: int, key: int) -> int:
    """Return the first place whose key is greater, in a list of ascending keys.

    Ids are close together, so it looks where the place would be if they were evenly spaced; every
    other time in the middle, so that no list takes long.

    Args:
        key_at: The key at a place.
        total: How many places there are; it is also the answer if no key is greater.
        key: The key.
    """
    low, high = 0, total
    below = above = None
    is_guessed = False
    while low < high:
        is_guessed = not is_guessed
        if below is None:
            place = low
        elif above is None:
            place = high - 1
        elif is_guessed:
            share = (key - below) / (above - below)
            place = min(low + int(share * (high - low)), high - 1)
        else:
            place = (low + high) // 2
        found = key_at(place)
        if found > key:
            high, above = place, found
        else:
            low, below = place + 1, found
    return low


def next_words(found: Next, what: str, *, is_here: bool) -> str:
    """Return what is said of a search; empty if the next one was simply found. Pure.

    Args:
        found: What was found.
        what: What the rows are.
        is_here: It is the row under the cursor.
    """
    if found.is_partial:
        return f"None of the next {MOST_SCANNED:,} {what} failed; sort by ID to search all."
    if found.row is None:
        return f"None of these {what} failed."
    if is_here:
        return f"No other of these {what} failed."
    return f"Went on from the top: none of the {what} below failed." if found.is_wrapped else ""


def _failed_page(
    place: Place, client: TorcClient, workflow_id: WorkflowId, **query: Any
) -> Page[Any]:
    return place.listing.page(client, workflow_id, **query, status=_STATUSES)


def _spans(total: int, start: int) -> Iterator[range]:
    """Yield all rows in pieces, beginning with one of them. Pure."""
    for first, last in ((start, total), (0, min(start, total))):
        for at in range(first, last, _PAGE):
            yield range(at, min(at + _PAGE, last))
