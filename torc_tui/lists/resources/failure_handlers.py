"""The list of the failure handlers of a workflow."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

import msgspec

from torc_core.decoders import decode
from torc_core.model.resources import FailureRule
from torc_core.units import counted
from torc_tui.lists.cells import ID, item_id
from torc_tui.lists.listing import Column, Listing


def rules_in_words(record: Any, between: str = "; ") -> str:
    """Return when rules retry a job; rules that cannot be read as they are stored."""
    stored = record.rules
    try:
        text = stored if isinstance(stored, str) else msgspec.json.encode(stored)
        rules = decode(text, list[FailureRule])
    except msgspec.MsgspecError:
        return str(stored)
    return between.join(map(_in_words, rules))


def _in_words(rule: FailureRule) -> str:
    codes = [*map(str, rule.exit_codes), *(["others"] if rule.match_all_exit_codes else [])]
    between = f" ({rule.recovery_script} between them)" if rule.recovery_script else ""
    return f"{', '.join(codes)}: {counted(rule.max_retries, 'attempt')}{between}"


FAILURE_HANDLERS = Listing(
    name="Failure handlers",
    columns=(
        ID,
        Column("Name", attrgetter("name"), max_width=32),
        Column(
            "Rules", rules_in_words, full=lambda each: rules_in_words(each, "\n"), max_width=200
        ),
    ),
    page=lambda client, workflow_id, **query: client.list_failure_handlers(workflow_id, **query),
    key=item_id,
)
