"""What failed attempts have in common: a cause, and a line of their logs without what differs.

Numbers, ids, paths and times are folded, so that a thousand jobs that fail of one cause show one
line. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from torc_core.diagnosis.failures import Cause, Diagnosis
from torc_core.diagnosis.log_scan import last_error
from torc_core.diagnosis.words import kind_words

LONGEST = 200
"""Characters of a line that count."""
_SHORTEST_NAME = 3
"""Shorter names of jobs are words of other meanings too."""

_COLORS = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_FOLDS = (
    (re.compile(r"\s+"), " "),
    (
        re.compile(
            r"\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?)?\b"
        ),
        "<time>",
    ),
    (re.compile(r"\b\d\d?:\d\d(?::\d\d)?(?:[.,]\d+)?\b"), "<time>"),
    (re.compile(r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b"), "<id>"),
    (re.compile(r"\b0[xX][0-9a-fA-F]+\b"), "<hex>"),
    (re.compile(r"\b(?=[0-9a-fA-F]*\d)(?=[0-9a-fA-F]*[a-fA-F])[0-9a-fA-F]{7,}\b"), "<hex>"),
    # Absolute, below the home or a dot, or with several folders: "and/or" is not a path.
    (
        re.compile(r"(?<![\w/<])(?:~|\.{1,2})?/[\w.@%+=~,-]+(?:/[\w.@%+=~,-]+)*/?"),
        "<path>",
    ),
    (re.compile(r"(?<![\w/<])[\w.@%+=~-]+(?:/[\w.@%+=~-]+)+\.\w+\b"), "<path>"),
    (re.compile(r"(?<![\w/<])[\w.@%+=~-]+(?:/[\w.@%+=~-]+){2,}/?"), "<path>"),
    (re.compile(r"\d+(?:[.,]\d+)*(?:[eE][+-]?\d+)?"), "<n>"),
)


class Signature(NamedTuple):
    """What attempts that failed of one cause have in common."""

    kind: str
    """The cause in words, or the exit code."""
    line: str = ""
    """The folded line of their logs that tells of it; empty where the cause says all, or where
    there is no log."""


def fold(line: str, job_name: str = "") -> str:
    """Return a line without what differs from job to job.

    Args:
        line: Of a log; not clean.
        job_name: Of the job whose log it is.
    """
    text = _COLORS.sub("", line)[: 2 * LONGEST]
    if len(job_name) >= _SHORTEST_NAME:
        text = re.sub(rf"(?<!\w){re.escape(job_name)}(?!\w)", "<job>", text)
    for pattern, placeholder in _FOLDS:
        text = pattern.sub(placeholder, text)
    return text.strip()[:LONGEST]


def plain_line(line: str) -> str:
    """Return a line as it is, without colors and on one line; not clean."""
    return " ".join(_COLORS.sub("", line)[: 2 * LONGEST].split())[:LONGEST]


def telling_line(log: bytes) -> str:
    """Return the line of a log's end that says most likely why its job failed.

    That is the last one that looks like an error, else the last one with any text; not clean.
    """
    found = last_error([log])
    if found:
        return found
    lines = (line.strip() for line in reversed(log.decode("utf-8", "replace").splitlines()))
    return next((line for line in lines if _COLORS.sub("", line).strip()), "")


def first_telling_line(logs: Iterable[bytes]) -> str:
    """Return the line of the first log that has an error; without any, of the first with a text."""
    lines = []
    for log in logs:
        if found := last_error([log]):
            return found
        lines.append(telling_line(log))
    return next(filter(None, lines), "")


def kind_of(diagnosis: Diagnosis) -> str:
    """Return why an attempt failed, or the exit code that only its program knows."""
    return kind_words(diagnosis) or f"exit code {diagnosis.observation.result.return_code}"


def needs_log(diagnosis: Diagnosis) -> bool:
    """Return whether only the log of an attempt tells why it failed."""
    return diagnosis.cause is Cause.UNKNOWN
