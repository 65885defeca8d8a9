"""What can be typed into a filter: from the text to the value that the client takes."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from torc_core.model.status import JobStatus


def text_of(name: str) -> Callable[[Any], str]:
    """Return a function from an item to the text of an attribute; the name may have dots."""
    attribute = attrgetter(name)
    return lambda item: str(attribute(item) or "")


def yes_or_no(text: str) -> bool:
    """Return whether `text` says yes.

    Raises:
        ValueError: It says neither.
    """
    answer = {"yes": True, "true": True, "no": False, "false": False}.get(text.lower())
    if answer is None:
        raise ValueError("it is yes or no")
    return answer


def whole_number(text: str) -> int:
    """Return the number that `text` says.

    Raises:
        ValueError: It is not a whole number.
    """
    try:
        return int(text)
    except ValueError:
        raise ValueError("it is a whole number") from None


def job_status(text: str) -> JobStatus:
    """Return the status with this name, or the only one that begins with it.

    Raises:
        ValueError: There is none, or more than one.
    """
    word = text.lower()
    matching = [each for each in JobStatus if each.startswith(word)]
    if word in matching:
        return JobStatus(word)
    if len(matching) != 1:
        raise ValueError(
            f"{' or '.join(matching)}?" if matching else "try ready, running or failed"
        )
    return matching[0]
