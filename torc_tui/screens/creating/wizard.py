"""The wizard: a workflow is put together page by page, and checked as it grows."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from textual import events, getters, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen
from textual.widgets import ContentSwitcher

from torc_core.errors import TorcError
from torc_core.spec.convert import Format
from torc_core.spec.draft.draft import Draft
from torc_core.spec.draft.tree import Spot
from torc_tui.keys.action import Scope
from torc_tui.keys.awaited import AWAITED
from torc_tui.keys.bindings import bindings_for
from torc_tui.keys.in_words import keyed
from torc_tui.keys.table import shown_in
from torc_tui.requests import Requests
from torc_tui.screens.creating.checking import DraftChecks
from torc_tui.screens.creating.finishing import Finished, Make, finish
from torc_tui.screens.creating.form import Form
from torc_tui.screens.creating.page import Page
from torc_tui.screens.creating.steps import Steps
from torc_tui.screens.creating.tip import Tip
from torc_tui.screens.dialogs.confirm import Confirm
from torc_tui.state.creating.forms import STEPS, place_of
from torc_tui.state.creating.review import place_text
from torc_tui.state.creating.wizard_state import REVIEW, WizardState, nearest_step
from torc_tui.terminal import clean
from torc_tui.widgets.cursor_list import CursorList
from torc_tui.widgets.key_hints import KeyHints
from torc_tui.widgets.line import Line

_FOR_ENTRIES = {"wizard.add", "wizard.remove"}


class Wizard(Screen[Finished | None]):
    """Steps from a name to a workflow; each can be gone back to, and keeps what was typed.

    Args:
        requests: Its threads check the draft, and write the file.
        make: Creates a workflow on the server.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings_for(Scope.WIZARD)
    DEFAULT_CSS = """
    Wizard ContentSwitcher { height: 1fr; }
    """

    head = getters.query_one("#head", Line)
    names = getters.query_one(Steps)
    tip = getters.query_one(Tip)
    keys = getters.query_one(KeyHints)
    switcher = getters.query_one(ContentSwitcher)

    def __init__(self, requests: Requests, make: Make) -> None:
        super().__init__()
        self._requests = requests
        self._make = make
        self.state = WizardState()
        self._pages = [Page(step) for step in STEPS]
        """Each is mounted when it is gone to first."""
        self._mounting = asyncio.Lock()
        self._checks = DraftChecks(self, requests, lambda: self._shown)
        self._error = ""

    def compose(self) -> ComposeResult:
        """Lay out: where the user is, the steps, one page, what is wrong, keys."""
        yield Line(id="head", classes="title")
        yield Steps(id="steps")
        with ContentSwitcher(initial=STEPS[0].id):
            yield self.page
        yield Tip()
        yield KeyHints()

    def on_mount(self) -> None:
        """Begin with the first step."""
        self._changed()
        self.page.enter()

    @property
    def page(self) -> Page:
        """The page in sight."""
        return self._pages[self.state.at]

    # What is shown

    def _show(self) -> None:
        state = self.state
        self.page.show(state.draft, state.index, state.faults(), state.ending)
        self.head.show(*state.place_cells())
        self.names.show(*state.titles(self.size.width))
        hidden = set() if state.step.adds else _FOR_ENTRIES
        self.keys.show(tuple(each for each in shown_in({Scope.WIZARD}) if each.id not in hidden))
        self._show_tip()

    def on_resize(self) -> None:
        """Fit the titles and the tip into the new width."""
        self.names.show(*self.state.titles(self.size.width))
        self._show_tip()

    def on_descendant_focus(self, _event: events.DescendantFocus) -> None:
        """Show what to write into the field, or what is wrong with it."""
        self._show_tip()

    def _show_tip(self) -> None:
        field = self.page.form.focused_field
        problem = self.state.problem_of(field and field.name)
        if self._error:
            said, tone = clean(self._error), "red"
        elif problem and not self.page.form.is_in_empty:
            said, tone = f"✗ {clean(problem)}", "red"
        else:
            said, tone = (keyed(field.hint) if field else self.state.list_hint), ""
        self.tip.say(said, tone, self.state.summary(), self.size.width)

    @on(DraftChecks.Failed)
    def _on_failed(self, failed: DraftChecks.Failed) -> None:
        error = failed.error
        self._error = f"{error.message} {error.hint}".replace("\n", " ")
        self._show_tip()

    # Changes

    def _changed(self) -> None:
        """Show the draft, and check it when nothing more is typed."""
        self._error = ""
        self._show()
        self._checks.begin_at_rest()

    def _absorb(self) -> bool:
        """Take over what stands in the inputs by now; return whether that changed anything.

        What was typed last is often still on its way as a message. So inputs are read before
        anything else is shown in them, and messages only say that there is something to read.
        """
        return self.state.take_all(self.page.form.typed)

    @on(Form.Typed)
    def _on_typed(self, typed: Form.Typed) -> None:
        if typed.key == self.page.form.key and self._absorb():
            self._changed()

    @on(Form.Edited)
    def _on_edited(self, edited: Form.Edited) -> None:
        if edited.key == self.page.form.key:
            self._absorb()
            self.state.take(edited.field, edited.value)
            self._changed()

    @on(DraftChecks.Done)
    def _on_checked(self, done: DraftChecks.Done) -> None:
        """Show what is wrong with the draft, unless it is another one by now."""
        self._absorb()
        if done.asked != self._shown:
            self._changed()
            return
        self.state.checked = done.checked
        self._show()
        if done.drawing is not None and self.page.view is not None:
            self.page.view.show(done.drawing)

    @property
    def _shown(self) -> tuple[Draft, Format | None]:
        """The draft, and on the last page the format in which it is shown."""
        is_review = self.state.at == REVIEW
        return self.state.draft, self.state.ending.form if is_review else None

    # Moving

    async def _go(self, step: int, index: int | None = None, field: str | None = None) -> None:
        """Go to a step, and there to an entry and a field."""
        page = self._pages[nearest_step(step)]
        async with self._mounting:
            if not page.is_attached:
                await self.switcher.add_content(page)
        self._absorb()
        begins = self.state.go(step)
        if index is not None:
            self.state.point_at(index)
        self.switcher.current = self.state.step.id
        self._changed()
        if begins:
            self.page.form.enter()
        else:
            self.page.enter(field)

    @on(CursorList.Moved, ".items")
    def _on_moved(self, moved: CursorList.Moved) -> None:
        """Show another entry in the form."""
        self._absorb()
        self.state.point_at(moved.list.cursor or 0)
        self._show()

    @on(CursorList.Chosen, ".items")
    async def _on_chosen(self, chosen: CursorList.Chosen) -> None:
        """Go into the form, or begin with the first entry."""
        if not self.state.total:
            await self.action_wizard("add")
        elif not chosen.is_click:
            self.page.form.enter()

    @on(Form.Next)
    async def _on_next(self) -> None:
        """Go on with the next field; behind the last one with the list, or the next step."""
        if not self.page.form.is_in_last:
            self.focus_next()
        elif self.state.at == REVIEW:
            self._create()
        elif self.state.step.has_items:
            self.page.enter()
        else:
            await self._go(self.state.at + 1)

    @on(Steps.Clicked)
    async def _on_step_clicked(self, clicked: Steps.Clicked) -> None:
        await self._go(clicked.step)

    async def action_wizard(self, what: str) -> None:
        """Do what a key asks for."""
        match what:
            case "next" | "back":
                await self._go(self.state.at + (1 if what == "next" else -1))
            case "down":
                self.focus_next()
            case "up":
                self.focus_previous()
            case "add" if self.state.step.adds:
                self._absorb()
                self.state.add()
                self._changed()
                self.page.form.enter()
            case "remove" if self.state.step.adds and self.state.total:
                self._remove()
            case "problem":
                field = self.page.form.focused_field
                place = self.state.problem_after(field and field.name)
                if place is not None:
                    await self._go(*place)
            case "create":
                self._create()
            case "leave":
                self._leave()

    @work(group="question", exclusive=True)
    async def _remove(self) -> None:
        self._absorb()
        state = self.state
        if not state.is_entry_untouched:
            name = place_text(state.draft, Spot(state.step.section, state.index))
            if not await self.app.push_screen_wait(Confirm(f"Delete {name}?", is_danger=True)):
                return
        state.remove()
        self._changed()

    # The end

    @property
    def is_unsaved(self) -> bool:
        """Whether something would be lost by leaving."""
        self._absorb()
        return not self.state.is_untouched

    @work(group="question", exclusive=True)
    async def _leave(self) -> None:
        """Go back from a field to the list, else leave."""
        entries = self.page.entries
        if entries is not None and not entries.has_focus:
            entries.focus()
            return
        if self.is_unsaved:
            lines = ["What you have typed is lost. The last step can write it to a file."]
            question = Confirm("Leave the wizard?", lines, is_danger=True)
            if not await self.app.push_screen_wait(question):
                return
        self.dismiss(None)

    @work(name=AWAITED, group="create", exclusive=True)
    async def _create(self) -> None:
        """Write, create, and be done; whatever is refused leaves everything as it is."""
        self._absorb()
        draft, ending = self.state.draft, self.state.ending
        try:
            self.state.checked = checked = await self._checks.check(draft)
            if checked.problems:
                await self._go(*place_of(checked.problems[0].spot))
                return
            finished = await finish(self.app, self._requests, self._make, draft, ending)
        except TorcError as error:
            self._on_failed(DraftChecks.Failed(error))
            return
        if finished is not None:
            self.dismiss(finished)
