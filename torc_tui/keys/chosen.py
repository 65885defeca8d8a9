"""Keys that the user has chosen: `client.tui.keys`, checked, and put into the table of actions.

Pure, and without Textual: settings are checked by every command.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches

from torc_core.config.keys import Path, dotted
from torc_core.config.problems import Problem
from torc_core.config.sources import Loaded
from torc_tui.keys.action import NUMBERED, OF_DIALOGS, Action, Scope
from torc_tui.keys.names import is_key, name_of
from torc_tui.keys.table import ACTIONS

SETTING: Path = ("client", "tui", "keys")
RESERVED = {"ctrl+c": "quits", "ctrl+z": "suspends", "ctrl+l": "repaints"}
"""Keys that no action may have, and what they do everywhere."""
_TOGETHER = (
    {Scope.SCREEN, Scope.PANE, Scope.LIST, Scope.TABLE},
    {Scope.SCREEN, Scope.PANE, Scope.DRAWING},
)
"""Scopes that nest, so that a key does one thing in all of them."""


def with_keys(actions: Sequence[Action], keys: Mapping[str, object]) -> tuple[Action, ...]:
    """Return the actions with the keys that were chosen for some of them, which are right."""
    chosen = {".".join(names): names_of(value) for names, value in _entries(keys)}
    return tuple(
        replace(action, keys=",".join(chosen[action.id]))
        if action.id in chosen and action.scope not in OF_DIALOGS
        else action
        for action in actions
    )


def key_problems(loaded: Loaded) -> list[Problem]:
    """Return what is wrong with the keys that were chosen, each with its place."""
    keys = loaded.configuration.client.tui.keys if not loaded.problems else {}
    return [
        Problem(loaded.place(SETTING, *names), text, hint)
        for names, text, hint in faults(ACTIONS, keys)
    ]


Fault = tuple[Path, str, str]
"""The names that lead to what is wrong, a sentence, and what to do."""


def faults(actions: Sequence[Action], keys: Mapping[str, object]) -> Iterator[Fault]:
    """Yield what is wrong with the keys that were chosen."""
    ids = {action.id for action in actions if action.scope not in OF_DIALOGS}
    right: dict[str, object] = {}
    for names, value in _entries(keys):
        found = _fault_of(".".join(names), value, ids)
        if found is None:
            right[".".join(names)] = value
        else:
            yield (names, *found)
    present = with_keys(actions, right)
    for action in present:
        for key, other in _clashes(action, present) if action.id in right else ():
            yield (
                _path_of(keys, action.id),
                f"{key} would be {action.id} and {other.id}.",
                f"Choose another key, or one for {other.id}, too.",
            )


def _fault_of(action_id: str, value: object, ids: Collection[str]) -> tuple[str, str] | None:
    """Return what is wrong with one entry by itself, and what to do."""
    if action_id not in ids:
        near = get_close_matches(action_id, ids, 1)
        return f"there is no action {action_id}.", f"Did you mean {near[0]}?" if near else ""
    if action_id == NUMBERED:
        return f"{action_id} has the digits, and no other keys.", ""
    names = names_of(value)
    wrong = [name for name in names if not is_key(name)]
    if wrong or not names:
        shown = wrong[0] if wrong else value
        said = f"{dotted((*SETTING, action_id))} is {shown!r}; it must be a key, or a list of keys."
        return said, 'Such as "ctrl+k", "f5", "X" or ["x", "f6"].'
    taken = [name for name in names if name in RESERVED]
    if taken:
        return f"{taken[0]} cannot be {action_id}: it {RESERVED[taken[0]]} everywhere.", ""
    return None


def _clashes(action: Action, actions: Iterable[Action]) -> Iterator[tuple[str, Action]]:
    """Yield the keys of an action that another one has where both work."""
    near = {action.scope}.union(*(scopes for scopes in _TOGETHER if action.scope in scopes))
    for other in actions:
        if other.id == action.id or other.scope not in near:
            continue
        for key in sorted({*action.keys.split(",")} & {*other.keys.split(",")}):
            yield key, other


def _entries(keys: Mapping[str, object], above: Path = ()) -> Iterator[tuple[Path, object]]:
    """Yield the names and the value of each entry; ids may be quoted, or be tables."""
    for name, value in keys.items():
        if isinstance(value, Mapping):
            yield from _entries(value, (*above, name))
        else:
            yield (*above, name), value


def _path_of(keys: Mapping[str, object], action_id: str) -> Path:
    return next(names for names, _ in _entries(keys) if ".".join(names) == action_id)


def names_of(value: object) -> list[str]:
    """Return the names of keys that a value of the setting says, as Textual has them."""
    given = value if isinstance(value, list | tuple) else [value]
    return [name_of(each) for each in given if isinstance(each, str) and each]
