"""Textual's driver for terminals, sending through `Output`, and stopping as a shell expects."""

from __future__ import annotations

import contextlib
import curses
import os
import signal
from typing import TYPE_CHECKING, Any

from textual import events
from textual.drivers.linux_driver import LinuxDriver

from torc_tui.driver.output import Output, write_all
from torc_tui.driver.screen import Screen
from torc_tui.driver.sparing import Sparing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from textual.app import App
    from textual.message import Message


class SparingDriver(Sparing, LinuxDriver):
    """Sends to a terminal."""

    def __init__(
        self,
        app: App[Any],
        *,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:
        self._is_stopped = self._is_changing = False
        self._is_to_stop = self._was_continued = False
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        terminal = self._file
        if terminal is None:
            raise RuntimeError("there is no terminal")
        self._descriptor = terminal.fileno()
        self._encoding = terminal.encoding
        in_color = _erases_in_color(self._descriptor)
        self._screen = Screen(*self._get_terminal_size(), erases_in_color=in_color)

    def start_application_mode(self) -> None:
        """Begin to send, or go on; what the interface showed before is painted again."""
        with self._in_one_go():
            self._was_continued = False
            if self._output is None:
                self._output = self._opened()
                self._output.start()
            self._key_thread = None
            super().start_application_mode()  # type: ignore[no-untyped-call]
            self._is_stopped = not self._is_running
            if self._is_stopped:  # in the background, where it may not have the terminal
                self.close()
        self._follow_signals()

    def suspend_application_mode(self) -> None:
        """Leave the terminal to others."""
        with self._in_one_go():
            super().suspend_application_mode()

    @property
    def _is_running(self) -> bool:
        return self._key_thread is not None and self._key_thread.is_alive()

    def _opened(self) -> Output:
        descriptor = self._descriptor

        def send(data: bytes) -> None:
            write_all(descriptor, data)

        return Output(self._screen, send, self._encoding, self._fail)

    def close(self) -> None:
        """Send the rest."""
        super().close()
        output, self._output = self._output, None
        if output is not None:
            output.close()

    def process_message(self, message: Message) -> None:
        """Take in a new size, too."""
        if isinstance(message, events.Resize):
            self._resize(*message.size)
        super().process_message(message)

    def disable_input(self) -> None:
        """Stop reading; what the terminal still has to say would be typed into the shell."""
        if self._output is not None:
            self._output.ask_no_more()
        super().disable_input()

    @contextlib.contextmanager
    def _in_one_go(self) -> Iterator[None]:
        """Let signals wait that arrive while the terminal is taken, or left."""
        before, self._is_changing = self._is_changing, True
        try:
            yield
        finally:
            self._is_changing = before

    def _sigtstp_application(self, *_: int | FrameType | None) -> None:
        self._is_to_stop = True
        self._follow_signals()

    def _sigcont_application(self, *_: int | FrameType | None) -> None:
        self._was_continued = True
        self._follow_signals()

    def _follow_signals(self) -> None:
        """Stop and go on as signals ask for, one after the other.

        With `fg` right behind `bg` a signal arrives while the one before is followed; to take the
        terminal twice at once would leave two readers of keys, and its settings changed.
        """
        while not self._is_changing and (self._is_to_stop or self._was_continued):
            with self._in_one_go():
                if self._is_to_stop:
                    self._stop()
                else:
                    self._go_on()

    def _stop(self) -> None:
        """Stop as the terminal stops other programs, all of the job together.

        The kernel refuses to stop what no shell could continue; then go on at once.
        """
        # What has left the terminal already takes it again by itself: `App.suspend` holds signals
        # off a moment after it has left, and lets them in a moment before it is back. To take the
        # terminal here as well would leave two readers of keys.
        if self._auto_restart and not self._is_stopped and self._is_running:
            self.suspend_application_mode()
            self._is_stopped = self._must_signal_resume = True
        self._is_to_stop = False
        handler = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.killpg(os.getpgrp(), signal.SIGTSTP)
        signal.signal(signal.SIGTSTP, handler)
        self._go_on()

    def _go_on(self) -> None:
        """Go on; what had the terminal meanwhile may have left anything in it."""
        self._was_continued = False
        if self._auto_restart and self._is_running:
            self.suspend_application_mode()
            self._is_stopped = True
        if self._auto_restart and self._is_stopped:
            self.resume_application_mode()

    def _get_terminal_size(self) -> tuple[int, int]:
        """Return the size; it is asked for at the start and after each change."""
        size = super()._get_terminal_size()
        self._resize(*size)
        return size

    def _resize(self, columns: int, rows: int) -> None:
        if self._output is not None:
            self._output.resize(columns, rows)


def _erases_in_color(descriptor: int) -> bool:
    """Return whether the terminal says that it erases in the present background color."""
    try:
        curses.setupterm(fd=descriptor)
    except curses.error:
        return False
    return curses.tigetflag("bce") > 0
