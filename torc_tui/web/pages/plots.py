"""Plots of what jobs used over time, drawn by the browser."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from aiohttp import web

from torc_core.client import TorcClient
from torc_core.errors import NotFoundError, TorcError, UsageError
from torc_core.model.ids import JobId, WorkflowId, id_of
from torc_core.model.workflow import Workflow
from torc_core.operations.logs.output_directory import find_outputs, output_directories
from torc_core.runner.policy.output_paths import OutputKind
from torc_core.units import MAX_INTEGER
from torc_core.usage.databases import jobs_in
from torc_tui.plots import pages
from torc_tui.plots.write import one_figure
from torc_tui.web.headers import plot_policy, protect
from torc_tui.web.site import number_in, site_of

_LIBRARY = "plotly.js"
_FIGURES = ("summary", "cpu", "memory")
_MOST_JOBS = 1_000
"""Links to single jobs of a page."""


class _Database(NamedTuple):
    """A database of samples."""

    number: int
    """In the list of those of its workflow."""
    path: Path
    jobs: list[JobId]
    problem: str


async def _plots(request: web.Request) -> web.Response:
    """List the databases of samples of a workflow, and what can be plotted."""
    site = site_of(request)
    workflow, paths = await site.ask(_found, WorkflowId(number_in(request, "workflow")))
    databases = await site.work(lambda: [_looked_at(*each) for each in enumerate(paths)])
    jobs = sorted({job for each in databases for job in each.jobs})
    return site.page(
        "plots.html",
        workflow=workflow,
        databases=databases,
        jobs=jobs[:_MOST_JOBS],
        more=max(len(jobs) - _MOST_JOBS, 0),
        figures=_FIGURES,
    )


async def _plot(request: web.Request) -> web.Response:
    """Draw one figure; with `download`, as a page that needs nothing else."""
    site = site_of(request)
    _, paths = await site.ask(_found, WorkflowId(number_in(request, "workflow")))
    name = request.match_info["figure"]
    text = await site.work(_drawn, _chosen(paths, request), name, "download" in request.query)
    response = web.Response(text=text, content_type="text/html")
    if "download" in request.query:
        response.headers["Content-Disposition"] = f'attachment; filename="plot_{name}.html"'
    protect(response.headers, plot_policy(text))
    return response


async def _library(request: web.Request) -> web.Response:
    """Send plotly.js."""
    text = await site_of(request).work(pages.library)
    headers = {"Cache-Control": "private, max-age=86400"}
    response = web.Response(text=text, content_type="text/javascript", headers=headers)
    response.enable_compression()
    return response


def _found(client: TorcClient, workflow_id: WorkflowId) -> tuple[Workflow, list[Path]]:
    """Return a workflow and its databases: those of its runs on this machine."""
    workflow = client.get_workflow(workflow_id)
    found = [
        file.path
        for directory in output_directories(client, workflow, None)
        if directory.is_dir()
        for file in find_outputs(directory)
        if file.name.kind is OutputKind.METRICS and file.name.workflow_id == id_of(workflow)
    ]
    return workflow, [path for path in dict.fromkeys(found) if not path.is_symlink()]


def _looked_at(number: int, path: Path) -> _Database:
    try:
        return _Database(number, path, jobs_in([path]), "")
    except TorcError as error:
        return _Database(number, path, [], error.message)


def _chosen(paths: list[Path], request: web.Request) -> list[Path]:
    """Return the databases that the address names by their numbers; all if it names none."""
    numbers = request.query.getall("db", [])
    if any(not (each.isascii() and each.isdigit()) for each in numbers):
        raise UsageError("Databases are named by their numbers.")
    chosen = [paths[number] for each in numbers if (number := int(each)) < len(paths)] or paths
    if not chosen:
        raise NotFoundError("There are no samples of this workflow on this machine.")
    return chosen


def _drawn(paths: list[Path], name: str, is_whole: bool) -> str:
    source = pages.embedded_library() if is_whole else pages.library_file(_LIBRARY)
    job = name.removeprefix("job-")
    if job != name and int(job) > MAX_INTEGER:
        raise NotFoundError(f"There is no job {job}.")
    title, figure = one_figure(paths, name, JobId(int(job)) if job != name else None)
    return pages.page(title, figure, source)


_WORKFLOW = r"/workflows/{workflow:\d{1,18}}/plots"
ROUTES = (
    web.get(_WORKFLOW, _plots),
    web.get(f"{_WORKFLOW}/{_LIBRARY}", _library),
    web.get(_WORKFLOW + r"/{figure:summary|cpu|memory|job-\d{1,18}}", _plot),
)
