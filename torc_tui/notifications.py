"""Notifications through the terminal: a workflow has ended, jobs have failed, progress.

The bell is heard everywhere, and tmux marks the window by it. Notifications (OSC 9, OSC 777) and
progress in the terminal's tab (OSC 9;4) are understood by some terminals only, so they are chosen
by a setting. Inside tmux and GNU screen they are wrapped for the terminal that is around these;
tmux hands them on if `allow-passthrough` is on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from textual.screen import Screen

from torc_core.config.tui import TuiSettings
from torc_core.model.ids import WorkflowId, id_of
from torc_core.model.status import JobStatus
from torc_core.model.workflow import Workflow, WorkflowStatus
from torc_core.operations.facts import count, is_settled, percent_completed, title_of
from torc_core.units import counted
from torc_tui.lists.job_counts import state_of
from torc_tui.outer_terminal import is_in_screen, is_in_tmux, through_screen, through_tmux
from torc_tui.terminal import clean

_LONGEST = 160
"""Characters of a notification."""
_BELL = "\a"
_RUNNING, _ERROR = 1, 2
_NO_PROGRESS = "\x1b]9;4;0;0\a"


def write_to(screen: Screen[None], code: str) -> None:
    """Write codes to the terminal of a screen, as text and not as a picture."""
    driver = screen.app._driver  # noqa: SLF001 - Textual has no way for codes of one's own
    if driver is not None:
        driver.write(code)


class Seen(NamedTuple):
    """What was seen of a workflow at one time."""

    run_id: int
    failed: int
    is_over: bool
    state: str
    percent: int


def seen_of(status: WorkflowStatus) -> Seen:
    """Return what of a status is worth telling. Pure."""
    counts = status.jobs_by_status or {}
    return Seen(
        run_id=status.run_id or 0,
        failed=count(counts, {JobStatus.FAILED}),
        is_over=is_settled(counts),
        state=state_of(counts, is_canceled=bool(status.is_canceled)),
        percent=percent_completed(counts),
    )


def news_of(title: str, before: Seen | None, now: Seen) -> str | None:
    """Return what to tell of a workflow, if anything. Pure.

    Args:
        title: How the workflow is called.
        before: What was seen last; None if it was not looked at before, so nothing is news.
        now: What is seen.
    """
    if before is None or before.run_id != now.run_id:
        return None
    failed = now.failed - before.failed
    if now.is_over and not before.is_over:
        failures = f", {counted(now.failed, 'job')} failed" if now.failed else ""
        return f"{title} is over: {now.state}{failures}"
    return f"{title}: {counted(failed, 'job')} failed" if failed > 0 else None


def sequence_for(text: str, how: str, environ: Mapping[str, str]) -> str:
    """Return what notifies the terminal; empty for no notification. Pure.

    Args:
        text: What happened; names in it are not trusted.
        how: The setting `client.tui.notify`.
        environ: The environment, which says what is around the terminal.
    """
    # Some terminals take OSC 9 with a number and a semicolon for commands of another kind.
    said = clean(text)[:_LONGEST].replace(";", ",")
    if how == "osc9":
        return through(f"\x1b]9;{said}\a", environ)
    if how == "osc777":
        return through(f"\x1b]777;notify;torc;{said}\a", environ)
    return _BELL if how == "bell" else ""


def progress_sequence(seen: Seen | None, environ: Mapping[str, str]) -> str:
    """Return what shows progress in the terminal's tab, or takes it away. Pure."""
    if seen is None or seen.is_over:
        return through(_NO_PROGRESS, environ)
    kind = _ERROR if seen.failed else _RUNNING
    return through(f"\x1b]9;4;{kind};{seen.percent}\a", environ)


def through(code: str, environ: Mapping[str, str]) -> str:
    """Wrap a sequence for the terminal that is around tmux or GNU screen. Pure."""
    if is_in_tmux(environ):
        return through_tmux(code)
    return through_screen(code) if is_in_screen(environ) else code


class Notifications:
    """Notifies the terminal of changes of the workflows that are shown.

    Args:
        write: Writes to the terminal.
        look: What the configuration says.
        environ: The environment.
    """

    def __init__(
        self, write: Callable[[str], object], look: TuiSettings, environ: Mapping[str, str]
    ) -> None:
        self._write = write
        self._look = look
        self._environ = environ
        self._seen: dict[tuple[str | None, WorkflowId], Seen] = {}
        self._progress = ""

    def note(
        self, url: str | None, workflow: Workflow | None, status: WorkflowStatus | None
    ) -> None:
        """Tell what has changed since the workflow was looked at last."""
        if workflow is None or status is None:
            return
        key, now = (url, id_of(workflow)), seen_of(status)
        news = news_of(title_of(workflow), self._seen.get(key), now)
        self._seen[key] = now
        if news is not None:
            self.notify(news)
        self._show_progress(now)

    def notify(self, text: str) -> str:
        """Notify the terminal of something, and return it."""
        self._send(sequence_for(text, self._look.notify, self._environ))
        return text

    def close(self) -> None:
        """Leave no progress behind."""
        if self._progress:
            self._show_progress(None)

    def _show_progress(self, seen: Seen | None) -> None:
        if not self._look.tab_progress:
            return
        code = progress_sequence(seen, self._environ)
        if code != self._progress:
            self._progress = code
            self._send(code)

    def _send(self, code: str) -> None:
        if code:
            self._write(code)
