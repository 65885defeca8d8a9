"""Plots of what jobs used over time, drawn with text; they are redrawn while they are in sight."""

from __future__ import annotations

from collections.abc import Collection

from rich.console import Console
from rich.text import Text
from textual import work

from torc_core.client import TorcClient
from torc_core.errors import TorcError
from torc_core.model.ids import JobId, WorkflowId, id_of
from torc_core.model.workflow import Workflow
from torc_core.operations.reports.samples import find_samples
from torc_tui.appearance.filters import AsciiOnly, Colorless
from torc_tui.plots.terminal import HEIGHT, plots
from torc_tui.requests import Requests
from torc_tui.screens.dialogs.reader import Reader
from torc_tui.state.texts.layout import error_text
from torc_tui.terminal import clean
from torc_tui.theme import Cell

_INTERVAL_S = 10.0
"""How often runners write their samples by default."""
_console = Console()


class PlotScreen(Reader):
    """CPU, memory and processes of jobs.

    Args:
        requests: Asks where the samples are.
        workflow: The workflow.
        jobs: Ids of the jobs; by default those with the highest peaks.
    """

    def __init__(self, requests: Requests, workflow: Workflow, jobs: Collection[JobId]) -> None:
        super().__init__(
            f"{clean(workflow.name)} #{workflow.id} ▸ plots", lambda _width: [[Cell("…")]]
        )
        self._requests = requests
        self._workflow = workflow
        self._jobs = jobs

    def on_mount(self) -> None:
        """Draw, and draw again when there may be new samples."""
        super().on_mount()
        self.set_interval(_INTERVAL_S, self._draw)
        self._draw()

    def on_resize(self) -> None:
        """Draw for the new width."""
        super().on_resize()
        self._draw()

    @work(exclusive=True)
    async def _draw(self) -> None:
        plain = (AsciiOnly, Colorless)
        colors = not any(isinstance(each, plain) for each in self.app.get_line_filters())
        width = max(20, self.size.width - 4)
        height = min(HEIGHT, max(8, self.size.height - 3))
        workflow_id, jobs = id_of(self._workflow), self._jobs
        try:
            text = await self._requests.ask(
                lambda client: _plots(client, workflow_id, jobs, width, height, colors=colors),
                slot="plots",
            )
        except TorcError as error:
            found = error
            self.rewrite(lambda room: error_text(found, room))
            return
        self.rewrite(lambda _width: cells_of(text))


def _plots(
    client: TorcClient,
    workflow_id: WorkflowId,
    jobs: Collection[JobId],
    width: int,
    height: int,
    *,
    colors: bool,
) -> str:
    databases = find_samples(client, workflow_id)
    return "\n".join(plots(databases, jobs, width, height, colors=colors))


def cells_of(text: str) -> list[list[Cell]]:
    """Return text with colors as lines of cells. Pure."""
    return [
        [
            Cell(part.text, str(part.style) if part.style else "")
            for part in Text.from_ansi(line).render(_console)
            if part.text
        ]
        for line in text.splitlines()
    ]
