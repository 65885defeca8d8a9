"""The Textual application: one screen, a theme, and an orderly exit."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import ClassVar

from textual.actions import ActionParseResult
from textual.app import App
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.constants import DRIVER
from textual.css.query import NoMatches
from textual.dom import DOMNode
from textual.driver import Driver
from textual.events import Event, Key, Paste
from textual.filter import LineFilter
from textual.worker import WorkerFailed, WorkType

from torc_core.config.schema import ClientSettings
from torc_core.errors import ExitCode
from torc_core.runner.policy.options import RunnerOptions
from torc_tui.appearance.appearance import USUAL, Appearance
from torc_tui.appearance.depth import Depth
from torc_tui.appearance.for_textual import line_filters, terminal_theme, textual_theme
from torc_tui.appearance.late_answers import BackgroundKnown
from torc_tui.driver.driver import SparingDriver
from torc_tui.driver.line_speed import LineSpeed
from torc_tui.driver.shown import Shown
from torc_tui.driver.sparing import Sparing
from torc_tui.keys.in_turn import InTurn
from torc_tui.screens.dialogs.confirm import Confirm
from torc_tui.screens.early_keys import EarlyKeys
from torc_tui.screens.main import MainScreen
from torc_tui.screens.session import Session
from torc_tui.state.servers.destination import Destination
from torc_tui.state.tables.remembered import Remembered
from torc_tui.watches import command_for


class _QuitQuestion(Confirm):
    """Asks whether to quit although workflows are watched."""

    def __init__(self, workflow_ids: Sequence[int]) -> None:
        commands = (f"  {command_for(each)}" for each in workflow_ids)
        lines = ["To watch without the interface:", *commands]
        super().__init__("Quit and stop watching? Runs continue.", lines)


class TorcApp(App[None]):
    """The interface; no run depends on it, and it keeps no state.

    Args:
        destination: The server, to which a connection is made in a thread.
        user: Whose workflows are shown at first, and who owns new ones.
        run_options: What the configuration says of runs.
        configured: What it says of all else.
        appearance: What it looks like.
        driver: What writes to another place than a terminal.
    """

    TITLE = "torc"
    CSS_PATH = "torc.tcss"
    ENABLE_COMMAND_PALETTE = False
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 - Textual declares the type
        (0, "-narrow"),
        (100, "-normal"),
        (160, "-wide"),
    ]
    VERTICAL_BREAKPOINTS = [  # noqa: RUF012 - Textual declares the type
        (0, "-low"),
        (22, "-even"),
        (36, "-tall"),
        (44, "-taller"),
    ]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c", "quit", "Quit", show=False, system=True),
        Binding("ctrl+z", "suspend_process", "Suspend", show=False, system=True),
        Binding("ctrl+l", "repaint", "Repaint", show=False, system=True),
    ]

    def __init__(
        self,
        destination: Destination,
        *,
        user: str,
        run_options: RunnerOptions,
        configured: ClientSettings | None = None,
        appearance: Appearance = USUAL,
        driver: type[Driver] | None = None,
    ) -> None:
        super().__init__(driver_class=driver)
        self._shown = Shown()
        self.remembered = Remembered()
        self._acting = 0
        """Actions that have begun and not ended."""
        self._show_appearance(appearance)
        self.line = LineSpeed(measure=lambda: self._line_rate)
        session = Session(destination, user, run_options, configured or ClientSettings())
        self._main = MainScreen(session, self.line, lambda: self.typed.has_begun)
        self.typed = InTurn(self._hand_over, self._has_answered, EarlyKeys(self._main))
        self.appearance_for: Callable[[bool], Appearance] | None = None
        """Says what suits a background that is dark or not; None once the user has chosen."""
        self.failure: Exception | None = None
        """The error that ended it."""

    def get_default_screen(self) -> MainScreen:
        """Begin with the main screen."""
        return self._main

    def _show_appearance(self, appearance: Appearance) -> None:
        self._appearance = appearance
        self._line_filters = line_filters(appearance)
        if appearance.is_dark:
            self.ansi_theme_dark = terminal_theme(appearance)
        else:
            self.ansi_theme_light = terminal_theme(appearance)
        theme = textual_theme(appearance)
        self.register_theme(theme)
        self.theme = theme.name

    def on_background_known(self, known: BackgroundKnown) -> None:
        """Suit the background of a terminal at the end of a long line, which answers late."""
        if self.appearance_for is not None:
            suited = self.appearance_for(known.is_dark)
            if suited != self._appearance:
                self._show_appearance(suited)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Return what happens to every line on its way to the terminal."""
        # Textual's own know two palettes, and would turn no colors into greys.
        own = () if self._appearance.depth.is_named else super().get_line_filters()
        return [*own, *self._line_filters, self._shown]

    def action_next_theme(self) -> None:
        """Show the next theme, and say how to keep it."""
        if self._appearance.depth is Depth.NONE:
            self._main.message.show_text("This terminal shows no colors, so themes look the same.")
            return
        self.action_use_theme(self._appearance.next_one.theme)

    def action_use_theme(self, name: str) -> None:
        """Show a theme, and say how to keep it."""
        self.appearance_for = None
        self._show_appearance(replace(self._appearance, theme=name))
        self._main.message.show_text(f"Theme {name}. The setting client.tui.theme keeps it.")

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """Do what a key asks for; an error that is shown goes, unless only the cursor moves."""
        if self.screen is self._main and not str(action).startswith("move("):
            self._main.message.clear_error()
        self._acting += 1
        try:
            return await super().run_action(action, default_namespace, namespaces)
        finally:
            self._acting -= 1

    async def on_event(self, event: Event) -> None:
        """Answer what is typed in turn, and all else at once."""
        if not isinstance(event, Key | Paste) or event.is_forwarded:
            await super().on_event(event)
        elif self.typed.take(event):
            work: WorkType[None] = self._answer_typed
            self.run_worker(work)

    async def _hand_over(self, event: Event) -> None:
        """Give a key to what has the focus; a dialog that could not be read yet gives way."""
        if getattr(self.screen, "gives_way", False):
            await self.screen.dismiss(None)
        await super().on_event(event)

    def _has_answered(self) -> bool:
        """Whether the screen in sight is complete, and nothing waits that moves the focus."""
        screen = self.screen
        waiting = (self, screen, screen.focused or screen)
        is_idle = not self._acting and not any(each.message_queue_size for each in waiting)
        return screen.is_mounted and is_idle

    async def _answer_typed(self) -> None:
        await self._main.completed.wait()
        await self.typed.work_off()

    def pop_screen(self) -> AwaitComplete:
        """Leave a screen; its workers end before its widgets are removed under them."""
        for node in self.screen.walk_children(with_self=True):
            self.workers.cancel_node(node)
        return super().pop_screen()

    def _handle_exception(self, error: Exception) -> None:
        cause = error.error if isinstance(error, WorkerFailed) else error
        if self._exit and isinstance(cause, NoMatches):
            return  # the end came while a screen was put together, which then lacks parts
        self.failure = self.failure or error
        super()._handle_exception(error)

    def _print_error_renderables(self) -> None:
        """Print no traceback; the program says what happened, and keeps it."""
        self._exit_renderables.clear()

    @contextmanager
    def suspend(self) -> Iterator[None]:
        """Leave the terminal to another program; what was typed for that is not for the interface.

        It cannot be given to the other program.
        """
        with super().suspend():
            self.typed.drop()
            yield

    def get_driver_class(self) -> type[Driver]:
        """Return what sends to the terminal: our own, but where the environment names another."""
        return super().get_driver_class() if DRIVER else SparingDriver

    def action_repaint(self) -> None:
        """Paint all again, after another program wrote to the terminal."""
        if isinstance(self._driver, Sparing):
            self._driver.repaint()

    @property
    def _line_rate(self) -> float | None:
        driver = self._driver
        return driver.rate if isinstance(driver, Sparing) else None

    async def action_quit(self) -> None:
        """Quit; watches end with the interface, so ask if there are any."""
        watched = self._main.watches.workflow_ids
        question: Confirm | None = None
        if watched:
            question = _QuitQuestion(watched)
        elif getattr(self.screen, "is_unsaved", False):
            question = Confirm("Quit, and lose what you typed?", is_danger=True)
        if question is None or isinstance(self.screen, _QuitQuestion):
            self.exit()
            return

        def answered(is_yes: bool | None) -> None:
            if is_yes:
                self.exit()

        self.push_screen(question, answered)

    def on_mount(self) -> None:
        """Exit with a clean terminal on SIGTERM and SIGHUP."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._terminate)

    def stop_watches(self) -> list[str]:
        """Stop all watches; return what to tell the user of each."""
        return [
            f"Workflow {each} is no longer watched. To watch it again: {command_for(each)}"
            for each in self._main.watches.stop_all()
        ]

    def _terminate(self) -> None:
        self.exit(return_code=ExitCode.TERMINATED)
