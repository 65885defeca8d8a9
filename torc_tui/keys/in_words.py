"""Keys in sentences, as the user has chosen them.

Sentences of the interface name actions, and texts of operations name commands.
"""

from __future__ import annotations

import re

from torc_core.client.failures import HOW_TO_GET_A_SERVER, HOW_TO_START_IT
from torc_tui.keys.table import action_named, present_actions

_COMMAND = re.compile(
    r"torc (?P<words>[a-z]+(?: [a-z-]+)?) \d+(?P<options>(?: --[a-z-]+)*)(?! -)(?![\w-])"
)
"""A command for one workflow or job, with options but not their values."""
_SAME = {
    "submit": "workflow.submit",
    "run": "workflow.run",
    "recover": "workflow.recover",
    "recover --dry-run": "workflow.plan_recovery",
    "recover --retry-unknown": "workflow.rerun",
    "watch --recover": "workflow.watch",
    "watch --recover --auto-schedule": "workflow.watch",
    "workflows initialize": "workflow.initialize",
    "workflows reinitialize": "workflow.reinitialize",
    "workflows reset-status --failed-only --reinitialize": "workflow.rerun",
    "workflows resume": "workflow.rerun",
    "workflows cancel": "workflow.cancel",
    "workflows delete": "workflow.delete",
    "jobs logs": "job.logs",
    "jobs cancel": "job.cancel",
    "jobs retry": "job.retry",
    "jobs update --command": "job.edit",
}
"""What the interface has for a command."""
_RETRIES = "--retry-unknown retries it"
_TO_A_SERVER = (
    "{server.start} goes to torc's own server on this machine, {server.choose} to another one."
)
_TO_START_IT = "Press {server.start} to start the server."
_ACTION = re.compile(r"\{([a-z]+\.[a-z_]+)\}")


def key_of(action_id: str) -> str:
    """Return the first key of an action, as it is shown."""
    return action_named(action_id).label


def keyed(sentence: str) -> str:
    """Return a sentence with the keys of the actions that it names in braces.

    Args:
        sentence: Of the interface itself; what users wrote is put in afterwards.
    """
    labels = {action.id: action.label for action in present_actions()}
    return _ACTION.sub(lambda found: labels.get(found[1], found[0]), sentence)


def in_keys(text: str) -> str:
    """Return a text with the keys of the interface in place of commands, where there are any."""

    def replaced(found: re.Match[str]) -> str:
        command = f"{found['words']}{found['options']}"
        return f"press {key_of(_SAME[command])}" if command in _SAME else found[0]

    said = text.replace(_RETRIES, f"{key_of('workflow.rerun')} retries it as it is")
    said = said.replace(HOW_TO_GET_A_SERVER, keyed(_TO_A_SERVER))
    said = said.replace(HOW_TO_START_IT, keyed(_TO_START_IT))
    return _COMMAND.sub(replaced, said)
