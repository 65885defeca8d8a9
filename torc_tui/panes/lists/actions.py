"""What the keys of lists do, beyond moving and marking."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping

from msgspec.structs import replace

from torc_core.client import every_item
from torc_core.errors import TorcError
from torc_core.units import counted
from torc_tui.keys.awaited import AWAITED
from torc_tui.keys.in_words import key_of, keyed
from torc_tui.lists.listing import Column
from torc_tui.panes.lists.live_filter import LiveFilter
from torc_tui.panes.lists.queried import QueriedList
from torc_tui.panes.messages import LimitsChanged, Notice
from torc_tui.screens.dialogs.ask import Ask, AskFilter
from torc_tui.screens.dialogs.columns import ColumnsDialog
from torc_tui.screens.dialogs.pick import Choice, Pick
from torc_tui.state.head.headline import limits_of
from torc_tui.state.tables.remembered import (
    Remembered,
    SavedFilter,
    order_of,
    remembered_by,
)

MOST_MARKS = 200_000
"""Rows that may be marked at once; each takes half a kilobyte of memory."""


def choose_columns(pane: QueriedList) -> None:
    """Offer the columns of the list; remember what is chosen."""

    def answered(columns: tuple[str, ...] | None) -> None:
        if columns is not None:
            use_columns(pane, columns)

    pane.app.push_screen(ColumnsDialog(pane.table.listing, pane.listing), answered)


def use_columns(pane: QueriedList, columns: tuple[str, ...]) -> None:
    """Show columns from now on, also at the next visit."""
    usual = tuple(column.title for column in pane.listing.columns)
    kept = () if columns == usual else columns
    pane.show_columns(kept)
    remembered_by(pane.app).change_list(
        pane.listing.name, lambda memory: replace(memory, columns=kept)
    )
    _write(pane)


def find(pane: QueriedList) -> None:
    """Open the line in which a filter is typed."""
    if _has_filters(pane):
        pane.query_one(LiveFilter).begin(pane.table.query_state)


def _has_filters(pane: QueriedList) -> bool:
    """Return whether the list can be filtered, and say so if it cannot."""
    if not pane.listing.filters:
        pane.post_message(Notice(f"{pane.listing.name} have no filters."))
    return bool(pane.listing.filters)


def ask_filter(pane: QueriedList) -> None:
    """Ask for a column and a text."""
    if not _has_filters(pane):
        return

    def answered(answer: tuple[str, str] | None) -> None:
        if answer is not None:
            pane.filter_by(*answer)

    columns = [(each.name, each.title) for each in pane.listing.filters]
    pane.app.push_screen(AskFilter(columns, pane.table.query_state.filters), answered)


def filter_same(pane: QueriedList) -> None:
    """Show only rows of the same kind as this one."""
    row = pane.row_under_cursor()
    if row is not None and _has_filters(pane):
        kind = pane.listing.filters[pane.listing.alike]
        pane.filter_by(kind.name, kind.value(row.item), is_whole=kind.may_be_part)


def sort_left(pane: QueriedList) -> None:
    """Sort by the column to the left of the present one."""
    _sort_beside(pane, -1)


def sort_right(pane: QueriedList) -> None:
    """Sort by the column to the right of the present one."""
    _sort_beside(pane, 1)


def _sort_beside(pane: QueriedList, step: int) -> None:
    able = [column for column in pane.table.listing.columns if column.sort_by]
    if not able:
        pane.post_message(Notice("The server cannot sort by any of these columns."))
        return
    query = pane.table.query_state
    keys = [column.sort_by for column in able]
    at = keys.index(query.sort_by) + step if query.sort_by in keys else 0
    use_order(pane, able[at % len(able)])


def use_order(pane: QueriedList, column: Column) -> None:
    """Sort by a column from now on, also at the next visit; again to reverse."""
    pane.show_query(pane.table.query_state.sorted_by(column.sort_by))
    _remember_order(pane)
    pane.post_message(Notice(f"sorted by {column.title}"))


def use_usual_order(pane: QueriedList) -> None:
    """Sort as the list does by itself, from now on."""
    usual = pane.listing.order
    query = pane.table.query_state
    pane.show_query(dataclasses.replace(query, sort_by=usual.sort_by, reverse=usual.reverse))
    _remember_order(pane)


def _remember_order(pane: QueriedList) -> None:
    order = order_of(pane.listing, pane.table.query_state)
    remembered_by(pane.app).change_list(
        pane.listing.name, lambda memory: replace(memory, order=order)
    )
    _write(pane)


def mark_all(pane: QueriedList) -> None:
    """Mark every row of the query."""
    total = pane.table.total
    if total > MOST_MARKS:
        said = f"{total:,} rows are too many to mark: {MOST_MARKS:,} at most."
        more = keyed("{list.find} or {list.filter} filters them.")
        pane.post_message(Notice(f"{said} {more}", "red"))
    elif total:
        pane.run_worker(_mark_all(pane), name=AWAITED, group="marks", exclusive=True)
    else:
        pane.row_under_cursor()  # which says that there is none


async def _mark_all(pane: QueriedList) -> None:
    listing, table = pane.listing, pane.table
    query, number = table.query_state, pane.workflow.id if pane.workflow else None
    pane.post_message(Notice(f"Marking {table.total:,} rows …"))
    try:
        items = await pane.requests.ask(
            lambda client: {
                listing.key(item): item
                for item in every_item(
                    listing.page, client, number, limit=MOST_MARKS, **listing.asked(client, query)
                )
            },
            slot=f"marks of {pane.id}",
        )
    except TorcError as error:
        pane.post_message(Notice(error))
        return
    if pane.is_attached and table.query_state == query:
        table.mark(items)
        pane.post_message(LimitsChanged())
        cleared = keyed("{mark.clear} clears the marks.")
        pane.post_message(Notice(f"Marked {counted(len(items), 'row')}. {cleared}"))


def save(pane: QueriedList) -> None:
    """Ask for a name, and save what the list shows under it."""

    def answered(name: str | None) -> None:
        if name:
            saved = SavedFilter(
                query=pane.table.query_state,
                columns=tuple(column.title for column in pane.table.listing.columns),
            )
            _change_saved(pane, lambda present: {**present, name: saved})
            pane.post_message(Notice(f"Saved as {name}. {key_of('list.saved')} applies it."))

    limits = limits_of(pane.listing, pane.table.query_state) or "all rows"
    pane.app.push_screen(
        Ask("Save this filter as", hint=f"{limits}, with order and columns"), answered
    )


def saved(pane: QueriedList) -> None:
    """Offer the saved filters of the list."""
    filters = remembered_by(pane.app).of_list(pane.listing.name).saved
    if not filters:
        how = keyed("{list.save} saves the present one.")
        pane.post_message(Notice(f"No filter is saved for this list yet. {how}"))
        return

    def answered(name: str | None) -> None:
        if name is not None and name in filters:
            apply_saved(pane, name)

    def forget(name: str) -> None:
        _change_saved(
            pane, lambda present: {each: kept for each, kept in present.items() if each != name}
        )

    choices = [
        Choice(name, name, limits_of(pane.listing, each.query) or "all rows")
        for name, each in sorted(filters.items())
    ]
    pane.app.push_screen(Pick("Saved filters", choices, forget=forget), answered)


def apply_saved(pane: QueriedList, name: str) -> None:
    """Show what a saved filter shows."""
    each = remembered_by(pane.app).of_list(pane.listing.name).saved[name]
    use_columns(pane, each.columns)
    pane.show_query(each.query)
    _remember_order(pane)


def _change_saved(
    pane: QueriedList,
    change: Callable[[Mapping[str, SavedFilter]], Mapping[str, SavedFilter]],
) -> None:
    remembered_by(pane.app).change_list(
        pane.listing.name, lambda memory: replace(memory, saved=change(memory.saved))
    )
    _write(pane)


def _write(pane: QueriedList) -> None:
    remembered: Remembered = remembered_by(pane.app)
    pane.requests.submit(remembered.write, slot="remembered")


LIST_ACTIONS: Mapping[str, Callable[[QueriedList], None]] = {
    "columns": choose_columns,
    "find": find,
    "filter": ask_filter,
    "same": filter_same,
    "sort_left": sort_left,
    "sort_right": sort_right,
    "mark_all": mark_all,
    "save": save,
    "saved": saved,
}
"""By the part of the action's id behind the dot."""
