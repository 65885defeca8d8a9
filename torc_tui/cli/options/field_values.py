"""Values of fields as options: JSON, durations."""

from __future__ import annotations

import re
from typing import Any, TypeVar

import click
import msgspec

from torc_core.errors import UsageError

T = TypeVar("T")
_SHORT_DURATION = re.compile(r"([0-9]{1,12})([hms])", re.IGNORECASE | re.ASCII)


def read_json(text: str) -> object:
    """Return the value of `--data`.

    Raises:
        UsageError: It is not JSON.
    """
    return _decode("--data", text, object, "JSON")


def read_json_object(
    _ctx: click.Context, option: click.Parameter, text: str | None
) -> dict[str, Any] | None:
    """Return the value of an option; the callback of that option.

    Raises:
        UsageError: It is not a JSON object.
    """
    return None if text is None else _decode(option.opts[0], text, dict[str, Any], "a JSON object")


def read_duration(text: str) -> str:
    """Return a duration as ISO 8601; "30m" and "1h" are short for "PT30M" and "PT1H"."""
    match = _SHORT_DURATION.fullmatch(text.strip())
    return f"PT{match[1]}{match[2].upper()}" if match else text


def _decode(option: str, text: str, kind: type[T], name: str) -> T:
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.MsgspecError, RecursionError) as error:
        cause = "it is nested too deep" if isinstance(error, RecursionError) else error
        raise UsageError(
            f"{option} {text[:80]!r} is not {name}: {cause}.",
            hint=f"Quote it for the shell, such as {option} '{{\"lr\": 0.001}}'.",
        ) from error
