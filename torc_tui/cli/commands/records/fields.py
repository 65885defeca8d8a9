"""Values of fields as options: JSON, durations."""

from __future__ import annotations

import re

import msgspec

from torc_core.errors import UsageError

_SHORT_DURATION = re.compile(r"([0-9]{1,12})([hms])", re.IGNORECASE | re.ASCII)


def read_json(text: str) -> object:
    """Return the value of `--data`.

    Raises:
        UsageError: It is not JSON.
    """
    try:
        return msgspec.json.decode(text)
    except (msgspec.MsgspecError, RecursionError) as error:
        cause = "it is nested too deep" if isinstance(error, RecursionError) else error
        raise UsageError(
            f"--data {text[:80]!r} is not JSON: {cause}.",
            hint="""Quote it for the shell, such as --data '{"lr": 0.001}'.""",
        ) from error


def read_duration(text: str) -> str:
    """Return a duration as ISO 8601; "30m" and "1h" are short for "PT30M" and "PT1H"."""
    match = _SHORT_DURATION.fullmatch(text.strip())
    return f"PT{match[1]}{match[2].upper()}" if match else text
