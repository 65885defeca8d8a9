"""The words of the command line: actions by id, and verbs with an argument. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import NamedTuple

from torc_core.errors import UsageError
from torc_tui.keys.in_words import keyed


@dataclass(frozen=True, slots=True)
class Known:
    """What can be named here, for completion."""

    actions: Sequence[str] = ()
    workflows: Sequence[str] = ()
    jobs: Sequence[str] = ()
    tabs: Sequence[str] = ()
    """Also what tabs show one at a time."""
    themes: Sequence[str] = ()
    filters: Sequence[str] = ()
    columns: Sequence[str] = ()
    sortable: Sequence[str] = ()
    saved: Sequence[str] = ()


class Verb(NamedTuple):
    """A word that takes an argument."""

    name: str
    argument: str
    """What it takes, in the help."""
    help: str
    values: Callable[[Known], Sequence[str]]
    """What can be completed."""


VERBS = (
    Verb("workflow", "ID or NAME", "Go to a workflow", lambda known: known.workflows),
    Verb("job", "ID or NAME", "Go to a job", lambda known: known.jobs),
    Verb("tab", "NAME", "Go to a tab", lambda known: known.tabs),
    Verb(
        "filter",
        "COLUMN=TEXT",
        "Filter the list; without a text, show all rows",
        lambda known: [f"{name}=" for name in known.filters],
    ),
    Verb(
        "sort", "COLUMN", "Sort the list; again to reverse; usual for the usual order",
        lambda known: ["usual", *known.sortable],
    ),
    Verb(
        "columns", "A,B,...", "Show these columns; usual for the usual ones",
        lambda known: ["usual", *known.columns],
    ),
    Verb("saved", "NAME", "Use a saved filter", lambda known: known.saved),
    Verb("theme", "NAME", "Use a theme", lambda known: known.themes),
    Verb("help", "", "All keys", lambda _: ()),
    Verb("quit", "", "Quit; runs continue", lambda _: ()),
)  # fmt: skip
_BY_NAME = {verb.name: verb for verb in VERBS}


class Command(NamedTuple):
    """What was typed: a verb with its argument, or an action."""

    name: str
    argument: str = ""


def word_of(title: str) -> str:
    """Return the word that goes to a tab."""
    return title.lower().replace(" ", "-")


def parse(text: str, known: Known) -> Command:
    """Return the command that a line holds; a word may be shortened if it stays clear.

    The name of a tab goes there, unless the word is the beginning of another one.

    Raises:
        UsageError: There is no such word, it is not clear, or its argument is missing.
    """
    word, _, argument = text.strip().partition(" ")
    names = [*_BY_NAME, *known.actions]
    tabs = {word_of(title): title for title in known.tabs}
    meant = _beginning(word, names)
    if word not in meant:
        going = _beginning(word, tabs)
        meant = going if word in going or not meant else meant
    if len(meant) > 1:
        raise UsageError(f"{word} is not clear.", hint=f"Is it {' or '.join(meant[:6])}?")
    if not meant:
        near = get_close_matches(word, [*names, *tabs], 3)
        hint = (
            f"Is it {' or '.join(near)}?"
            if near
            else keyed("Tab completes, {view.palette} lists all actions.")
        )
        raise UsageError(f"There is no command {word}.", hint=hint)
    if meant[0] not in names:
        return Command("tab", tabs[meant[0]])
    verb = _BY_NAME.get(meant[0])
    if verb is not None and verb.argument and not argument.strip():
        raise UsageError(f"{verb.name} needs {verb.argument}.", hint=f"{verb.help}.")
    return Command(meant[0], argument.strip())


def _beginning(word: str, names: Iterable[str]) -> list[str]:
    """Return the name that is the word, else those that begin with it."""
    found = [name for name in names if name.startswith(word)]
    return [word] if word in found else found


def completions(text: str, known: Known) -> list[str]:
    """Return the lines that a line can become, in order."""
    word, space, argument = text.lstrip().partition(" ")
    if not space:
        names = (*_BY_NAME, *map(word_of, known.tabs), *known.actions)
        return [name for name in names if name.startswith(word)]
    verb = _BY_NAME.get(word)
    if verb is None:
        return []
    done, comma, last = argument.rpartition(",") if word == "columns" else ("", "", argument)
    typed = last.lower()
    values = dict.fromkeys(verb.values(known))
    return [f"{word} {done}{comma}{value}" for value in values if value.lower().startswith(typed)]


def completed(text: str, known: Known) -> str:
    """Return a line with all that its completions have in common; a whole word gets a space."""
    found = completions(text, known)
    if not found:
        return text
    common = _common(found)
    if len(found) == 1:
        word = common in _BY_NAME and _BY_NAME[common].argument
        return f"{common} " if word else common
    return common if len(common) > len(text.lstrip()) else text


def _common(lines: Sequence[str]) -> str:
    """Return what all lines begin with."""
    first, last = min(lines), max(lines)
    same = (at for at, (a, b) in enumerate(zip(first, last, strict=False)) if a != b)
    return first[: next(same, len(first))]
