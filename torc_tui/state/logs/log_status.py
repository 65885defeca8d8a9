"""What the viewer of files says above and below the lines; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from torc_core.units import format_bytes
from torc_tui.state.logs.log_view import Look, Tally
from torc_tui.terminal import clean
from torc_tui.theme import QUIET, Cell

_LONGEST = 20
"""Characters that are shown of what is looked for."""


@dataclass(slots=True)
class Options:
    """How the viewer shows a file."""

    is_followed: bool = False
    is_wrapped: bool = False
    has_colors: bool = True
    is_hex: bool | None = False
    """None for what the file seems to be."""
    needle: str = ""
    only: str = ""


def title_cells(title: str, names: Sequence[str], chosen: int, options: Options) -> list[Cell]:
    """Return the line above the log: which file it is, and how it is shown."""
    streams = [
        Cell(f"[{clean(name)}]", "bold")
        if at == chosen and len(names) > 1
        else Cell(f" {clean(name)} ", "bold" if at == chosen else QUIET)
        for at, name in enumerate(names)
    ]
    state = f"   follow {_on(is_on=options.is_followed)}  wrap {_on(is_on=options.is_wrapped)}"
    plain = "" if options.has_colors else "  plain"
    return [Cell(f" {clean(title)} ▸"), *streams, Cell(state + plain)]


def place_cells(look: Look, shown: str, remark: str, width: int) -> list[Cell]:
    """Return the line below: what was found, where in the file one is, and which file it is.

    Args:
        look: What is seen.
        shown: The place of the file; of one that is too long the end is shown.
        remark: What else there is to say; it comes first.
        width: The room for it.
    """
    page = look.page
    number = "" if look.number is None else f"line {look.number:,}   "
    more = "" if look.is_whole else " unzipped so far"
    end = "end   " if page.is_end and look.is_whole else ""
    cells = [
        Cell(f" {clean(remark)}   " if remark else " ", "bold"),
        Cell(_search_text(look), "yellow"),
        Cell(_only_text(look.only), "cyan"),
        Cell(f"{number}{end}{format_bytes(page.size)}{more}   ", QUIET),
    ]
    room = width - sum(cell_len(cell.text) for cell in cells)
    return [*cells, Cell(_end_of(clean(shown), room), QUIET)]


def _end_of(text: str, room: int) -> str:
    """Return the end of a path, from a name on if one fits."""
    if cell_len(text) <= room:
        return text
    kept = text
    while kept and cell_len(kept) > room - 1:
        kept = kept[max(1, (len(kept) - room) // 2) :]
    _, slash, names = kept.partition("/")
    return f"…{slash}{names}" if slash else kept and f"…{kept}"


def _only_text(only: Tally | None) -> str:
    if only is None:
        return ""
    lines = "line has" if only.total == 1 else "lines have"
    return f"{only.total:,} {lines} {_short(only.text)}{_so_far(only)}   "


def _search_text(look: Look) -> str:
    matches = look.matches
    if look.seeking is not None and matches is not None:
        return f"searching for {_short(matches.text)}, {look.seeking:.0%}   "
    if matches is None:
        return ""
    if look.missed:
        all_of_them = f", {matches.total:,} in all" if matches.total else ""
        return f"no match for {_short(matches.text)} {look.missed}{all_of_them}   "
    total = f"{matches.total:,}{_so_far(matches)}"
    if matches.number is None:
        return f"{total} {'match' if matches.total == 1 else 'matches'}   "
    return f"match {matches.number:,} of {total}   "


def _short(text: str) -> str:
    return clean(text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…")


def _so_far(tally: Tally) -> str:
    return "" if tally.part >= 1 else f" so far, {tally.part:.0%} searched"


def _on(*, is_on: bool) -> str:
    return "on" if is_on else "off"
