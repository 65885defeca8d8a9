"""Figures as plotly.js draws them: plain data, made without the library. Pure."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from typing import Any

from torc_core.usage.comparison import Comparison
from torc_core.usage.series import METRICS, JobUsage, Points, figures_of, points_of
from torc_tui.terminal import clean

Figure = dict[str, Any]
"""The members `data` and `layout` of plotly's format."""

JOB_POINTS = 4_000
"""The most points of a metric in the figure of one job: a screen has fewer columns."""

_LABEL = 60
"""Characters of a job's name that are shown."""
_GAP = 0.1
"""Part of the height of a panel that is empty."""
_BARS = (("Peak", "#d62728"), ("Average", "#1f77b4"))
"""Names and colors of the members of `Figures`, in their order."""


def job_figure(usage: JobUsage) -> Figure:
    """Return the figure of one job: a panel for each metric, above one axis of time."""
    data, axes = [], {}
    for place, metric in enumerate(METRICS):
        scale = metric.scale_for(figures_of(usage, metric).peak)
        data.append(
            {
                **_line(points_of(usage, metric, JOB_POINTS), scale.unit),
                "name": scale.title,
                "yaxis": _axis("y", place),
            }
        )
        axes[_axis("yaxis", place)] = _panel(place, len(METRICS), scale.title)
    layout = {**_layout(f"Job {usage.label}"), **axes, "hovermode": "x unified"}
    layout["xaxis"] = {**_TIME, "anchor": _axis("y", len(METRICS) - 1)}
    return {"data": data, "layout": layout}


def overview_figure(comparison: Comparison) -> Figure:
    """Return the figure of a metric of several jobs over time."""
    scale = comparison.metric.scale_for(comparison.peak)
    data = [{**_line(job.parts, scale.unit), "name": _shown(job.label)} for job in comparison.jobs]
    layout = {
        **_layout(f"{scale.title} of {comparison.title}"),
        "xaxis": _TIME,
        "yaxis": {"title": {"text": scale.title}, "rangemode": "tozero"},
        "showlegend": True,
    }
    return {"data": data, "layout": layout}


def summary_figure(comparisons: Sequence[Comparison]) -> Figure:
    """Return the figure of peaks and averages of jobs, a panel for each metric."""
    data, axes = [], {}
    for place, comparison in enumerate(comparisons):
        scale = comparison.metric.scale_for(comparison.peak)
        jobs = comparison.jobs
        labels = [_shown(job.label) for job in jobs]
        for which, (name, color) in enumerate(_BARS):
            data.append(
                {
                    "type": "bar",
                    "x": labels,
                    "y": [_rounded(job.figures[which] / scale.unit) for job in jobs],
                    "name": name,
                    "marker": {"color": color},
                    "legendgroup": name,
                    "showlegend": place == 0,
                    "xaxis": _axis("x", place),
                    "yaxis": _axis("y", place),
                }
            )
        axes[_axis("xaxis", place)] = {
            "type": "category",
            "anchor": _axis("y", place),
            "automargin": True,
            # The labels of one panel would stand in the next.
            "showticklabels": place == len(comparisons) - 1,
        }
        axes[_axis("yaxis", place)] = {
            **_panel(place, len(comparisons), scale.title),
            "anchor": _axis("x", place),
        }
    title = f"Peaks and averages of {comparisons[0].title}"
    return {"data": data, "layout": {**_layout(title), **axes, "barmode": "group"}}


_TIME = {"type": "date", "title": {"text": "Time (UTC)"}}


def _layout(title: str) -> Figure:
    return {"title": {"text": _shown(title)}, "legend": {"traceorder": "normal"}}


def _panel(place: int, number: int, title: str) -> Figure:
    """Return the axis of one of several panels, counted from the top."""
    low = (number - 1 - place) / number
    return {
        "title": {"text": title},
        "domain": [low, low + (1 - _GAP) / number],
        "rangemode": "tozero",
    }


def _axis(kind: str, place: int) -> str:
    """Return how plotly names an axis, such as `y` and `y2`."""
    return kind if place == 0 else f"{kind}{place + 1}"


def _line(parts: Iterable[Points], unit: float) -> Figure:
    """Return a line through points, which is broken between two parts."""
    times: list[int | None] = []
    values: list[float | None] = []
    for part in parts:
        if times:
            times.append(None)
            values.append(None)
        times += [round(time * 1000) for time, _ in part]
        values += [_rounded(value / unit) for _, value in part]
    return {"type": "scatter", "mode": "lines", "x": times, "y": values}


def _rounded(value: float) -> float:
    """Return what a plot shows of a value, in fewer characters."""
    return float(f"{value:.6g}")


def _shown(text: str) -> str:
    """Return a text that plotly shows as it is: it reads tags such as `<a href=…>` in texts."""
    visible = clean(text)
    cut = visible if len(visible) <= _LABEL else f"{visible[: _LABEL - 1]}…"
    return html.escape(cut, quote=False)
