"""Plots of what jobs used as text, drawn by plotext."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

from torc_core.errors import MachineError
from torc_core.model.ids import JobId
from torc_core.usage.comparison import Comparison
from torc_core.usage.databases import jobs_in, read_usage
from torc_core.usage.series import METRICS
from torc_tui.extras import how_to_install
from torc_tui.terminal import clean

HEIGHT = 16
_COLORS = (1, 2, 4, 5, 6, 3)
"""Of the lines: red, green, blue, magenta, cyan and yellow, in the terminal's own shades."""
_POINTS = 500
_ROWS, _COLUMNS = 6, 12
"""The most numbers beside a plot, and the cells of each below it."""


def plots(
    databases: Sequence[Path],
    chosen: Collection[JobId],
    width: int,
    height: int = HEIGHT,
    *,
    colors: bool,
) -> Iterator[str]:
    """Yield a plot of each metric over time, with the jobs that have the highest peaks.

    Args:
        databases: Where the samples are.
        chosen: The jobs; by default all.
        width: Characters of a line.
        height: Lines of a plot.
        colors: Whether colors are shown.

    Raises:
        UsageError: A file is not a database of samples.
        NotFoundError: There are no samples of these jobs.
        MachineError: plotext is not installed.
    """
    plotext = _library()
    jobs_in(databases, chosen)
    comparisons = [Comparison(metric, len(_COLORS), _POINTS) for metric in METRICS]
    for usage in read_usage(databases, chosen):
        for comparison in comparisons:
            comparison.add(usage)
    for comparison in comparisons:
        yield _plot(plotext, comparison, width, height, colors=colors)


def _library() -> Any:
    try:
        import plotext  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise MachineError(
            "plotext is not installed; it draws plots in a terminal.",
            hint=f"{how_to_install('plots')} Or take --format json.",
        ) from error
    # Otherwise a plot is no larger than the terminal of this process, which may have none.
    plotext.terminal.limit(False, False)
    return plotext


def _plot(plotext: Any, comparison: Comparison, width: int, height: int, *, colors: bool) -> str:
    scale = comparison.metric.scale_for(comparison.peak)
    begin = min(part[0][0] for job in comparison.jobs for part in job.parts)
    figure = plotext.figure
    figure.clear()
    figure.theme("simple" if colors else "colorless")
    figure.plot_size(width, height)
    figure.title(f"{scale.title} of {comparison.title}")
    figure.label("seconds", axis="x")
    figure.ruler("y").lim(0)
    highest = comparison.peak / scale.unit
    longest = max(part[-1][0] for job in comparison.jobs for part in job.parts) - begin
    for axis, end, most in (("y", highest, _ROWS), ("x", longest, max(2, width // _COLUMNS))):
        at = round_numbers(end, most)
        figure.ruler(axis).ticks(at, [f"{each:,g}" for each in at])
    legend = []
    for letter, color, job in zip("abcdef", _COLORS, comparison.jobs, strict=False):
        points = [point for part in job.parts for point in part]
        times = [time - begin for time, _ in points]
        values = [value / scale.unit for _, value in points]
        marker = plotext.marker("braille", color) if colors else letter
        line = figure.signal(times, values, marker=marker).lines()
        place = 0
        for part in job.parts[:-1]:  # a line does not go on from one part to the next
            place += len(part)
            line.line(place, active=False)
        figure.draw(line)
        key = str(plotext.colorize("━━", color)) if colors else letter
        legend.append(f"{key} {clean(job.label)[: max(width - 3, 0)]}")
    lines = str(figure.build()).splitlines()
    return "\n".join([*(line.rstrip() for line in lines), *legend, ""])


def round_numbers(end: float, most: int) -> list[float]:
    """Return numbers from 0 to `end` that are easy to read, in equal steps. Pure."""
    if end <= 0:
        return [0.0]
    least = end / most
    size = 10.0 ** math.floor(math.log10(least))
    step = next(each * size for each in (1, 2, 5, 10) if each * size >= least)
    return [at * step for at in range(int(end / step) + 1)]
