"""What servers of torc offer beyond the reference's protocol, version 0.12: one table.

A server names its capabilities in `GET /version`; one of the reference names none. What an
operation needs stands here and nowhere else: operations ask `client.offers` where there is another
way, and `client.require` where there is none. A call that a server does not know is refused by it
as a path that does not exist; that becomes an error that says what is missing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from enum import Enum
from typing import NamedTuple

from torc_core.errors import UnsupportedError
from torc_core.model import workflow as capabilities


class Lack(NamedTuple):
    """A feature, as those miss it who use a server without it."""

    shown_by: str
    """The capability that servers name which have the feature."""
    sentence: str
    """What other servers do not do, after "it does not"."""
    paths: str = ""
    """A regular expression of the paths that only servers with the feature know."""
    instead: str = ""
    """What to do without it."""


class Feature(Enum):
    """What only some servers do."""

    EXCHANGE = Lack(
        capabilities.EXCHANGE,
        "take several reports of a runner in one request",
        r"/compute_nodes/\d+/exchange|/workflows/\d+/batch_complete_jobs",
    )
    BULK_RECORDS = Lack(
        capabilities.BULK_RECORDS,
        "take many files or user data in one request",
        r"/bulk_(files|user_data)",
    )
    BULK_RESULTS = Lack(
        capabilities.BULK_RESULTS, "take many results in one request", r"/bulk_results"
    )
    BATCH_REFERENCES = Lack(
        capabilities.BATCH_REFERENCES, "let a job depend on others of the same request"
    )
    WORKFLOW_RUNS = Lack(
        capabilities.WORKFLOW_RUNS,
        "keep records of runs, and cannot resume workflows",
        r"/workflows/\d+/(start|resume|runs)|/workflow_runs/\d+",
        "Rerun what failed instead: torc workflows reset-status ID --failed-only --reinitialize",
    )
    TOKEN_IN_PATH = Lack(capabilities.TOKEN_IN_PATH, "take a token before the path")
    RESET_JOBS = Lack(
        capabilities.RESET_JOBS, "reset several jobs in one request", r"/workflows/\d+/reset_jobs"
    )
    ACTION_ENDS = Lack(
        capabilities.ACTION_ENDS,
        "record how actions ended",
        r"/workflows/\d+/actions/\d+/complete",
    )
    ALLOCATION_KEYS = Lack(capabilities.ALLOCATION_KEYS, "keep the keys of requested allocations")
    ASSIGN_SCHEDULER = Lack(
        capabilities.ASSIGN_SCHEDULER,
        "set the scheduler of several jobs in one request",
        r"/workflows/\d+/assign_scheduler",
    )
    RECOVERIES = Lack(
        capabilities.RECOVERIES, "keep records of recoveries", r"/recoveries(/\d+(/hold)?)?"
    )
    JOB_GROUPS = Lack(
        capabilities.JOB_GROUPS, "group jobs by their names", r"/workflows/\d+/job_groups"
    )
    CHANGE_JOBS = Lack(
        capabilities.CHANGE_JOBS,
        "change several jobs in one request",
        r"/workflows/\d+/change_jobs",
    )
    ARCHIVE = Lack(
        capabilities.EXCHANGE, "archive workflows in one call", r"/workflows/\d+/archive"
    )
    HEALTH = Lack(capabilities.EXCHANGE, "report the state of its database", r"/health")
    SLURM_STATS = Lack(
        capabilities.EXCHANGE, "keep what Slurm's accounting says of jobs", r"/slurm_stats"
    )
    JOB_COUNTS = Lack(
        capabilities.EXCHANGE,
        "count the jobs of the workflows that it lists",
        instead="The jobs of a workflow are counted once it is open.",
    )
    LIST_FILTERS = Lack(capabilities.EXCHANGE, "look for parts of texts in its lists")
    ALL_FIELDS = Lack(capabilities.EXCHANGE, "keep all fields of records: see below")
    EXCLUDES = Lack(capabilities.EXCLUDES, "leave out of a list what a filter matches")
    NUMBERED_EVENTS = Lack(
        capabilities.EXCHANGE,
        "number its events, so those of the time without a connection are not shown",
        instead="torc events list ID shows them.",
    )
    STOPPED_JOBS = Lack(
        capabilities.EXCHANGE,
        "tell runners to stop single jobs: their processes would run on",
        instead="To stop all jobs of the workflow: torc workflows cancel ID",
    )


def feature_of(path: str) -> Feature | None:
    """Return the feature to which a path belongs, if only servers with one know the path."""
    return next(
        (each for each in Feature if each.value.paths and re.fullmatch(each.value.paths, path)),
        None,
    )


def features_of(offered: Collection[str]) -> frozenset[Feature]:
    """Return which features a server with these capabilities has."""
    return frozenset(each for each in Feature if each.value.shown_by in offered)


def ids_in(path: str) -> dict[str, str]:
    """Return what stands in hints in place of `ID`: the workflow that a path is about, if any."""
    found = re.match(r"/workflows/(\d+)/", path)
    return {"ID": found[1]} if found else {}


def unsupported(
    feature: Feature, url: str, version: str = "", values: Mapping[str, object] | None = None
) -> UnsupportedError:
    """Return the error for a feature that a server lacks.

    Args:
        feature: What it lacks.
        url: The server.
        version: Its version, if that is known.
        values: What stands in the hint in place of words in capitals, such as `ID`.
    """
    lack = feature.value
    hint = lack.instead or "It takes a server of torc's own: torc-server run"
    for name, value in (values or {}).items():
        hint = re.sub(rf"\b{name}\b", str(value), hint)
    named = f"The server at {url}" + (f", version {version}," if version else "")
    return UnsupportedError(
        f"{named} does not {lack.sentence}.", hint=hint, feature=feature.name.lower()
    )
