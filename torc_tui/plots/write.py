"""Writes plots of jobs as files: one for each job, and three that compare them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import msgspec

from torc_core.errors import UsageError
from torc_core.model.ids import JobId
from torc_core.operations.reporter import SILENT, Reporter
from torc_core.units import counted
from torc_core.usage.comparison import Comparison
from torc_core.usage.databases import jobs_in, read_usage
from torc_core.usage.series import CPU, MEMORY
from torc_tui.plots import pages
from torc_tui.plots.figures import Figure, job_figure, overview_figure, summary_figure

SELF_CONTAINED_JOBS = 100
"""Up to so many jobs each page holds the library itself, 2 MB; more pages share a file."""
OVERVIEW_JOBS = 200
"""The most jobs in one figure: a browser is fast with so many, and more cannot be distinguished."""
OVERVIEW_POINTS = 400
"""The most points of each of them."""


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """Where plots go, and in which form."""

    directory: Path
    prefix: str
    """What the names of all files begin with."""
    format: str
    """`html` or `json`."""
    self_contained_jobs: int = SELF_CONTAINED_JOBS

    def path(self, name: str, ending: str) -> Path:
        """Return the path of a file."""
        return self.directory / f"{self.prefix}_{name}.{ending}"


class PlotWritten(msgspec.Struct, frozen=True, kw_only=True):
    """The plot of one job was written."""

    number: int
    total: int

    @property
    def sentence(self) -> str:
        """What it says."""
        return f"Plotted {self.number:,} of {counted(self.total, 'job')} …"


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """Plots were written."""

    output_dir: str
    num_jobs: int
    files: list[str]
    library: str | None = None
    """The file that all of them need."""

    @property
    def sentence(self) -> str:
        """What was done."""
        plots, jobs = counted(len(self.files), "plot"), counted(self.num_jobs, "job")
        text = f"Wrote {plots} of {jobs} to {self.output_dir}."
        if self.library is None:
            return text
        return f"{text} They need {Path(self.library).name}, which must stay in the same directory."

    @property
    def record(self) -> dict[str, object]:
        """The same for programs."""
        return {key: value for key, value in msgspec.structs.asdict(self).items() if value}


def write_plots(
    databases: Sequence[Path],
    chosen: Collection[JobId],
    target: Target,
    reporter: Reporter = SILENT,
) -> Written:
    """Write a plot of each job, and one each of their CPU, their memory, and their averages.

    Args:
        databases: Where the samples are.
        chosen: The jobs; by default all.
        target: Where the plots go; files of these names are replaced.
        reporter: Where progress goes.

    Raises:
        UsageError: A file is not a database of samples, or the prefix cannot be part of a name.
        NotFoundError: There are no samples of these jobs.
        MachineError: What draws plots is not installed.
        OSError: The directory cannot be written.
    """
    if Path(f"{target.prefix}_").name != f"{target.prefix}_":
        raise UsageError(
            f"{target.prefix!r} cannot begin the name of a file.",
            hint="Name another directory with --output-dir.",
        )
    total = len(jobs_in(databases, chosen))
    library = None
    if target.format == "html":
        pages.library()  # before anything is written
        if total > target.self_contained_jobs:
            library = target.path("plotly", "js")
    target.directory.mkdir(parents=True, exist_ok=True)
    if library is not None:
        library.write_text(pages.library(), "utf-8")
    files = []
    for name, title, figure in _figures(databases, chosen):
        path = target.path(name, target.format)
        path.write_text(_text(title, figure, target, library), "utf-8")
        files.append(str(path))
        number = min(len(files), total)
        reporter.progress(PlotWritten(number=number, total=total), len(files) / (total + 3))
    return Written(
        output_dir=str(target.directory),
        num_jobs=total,
        files=files,
        library=None if library is None else str(library),
    )


def one_figure(databases: Sequence[Path], name: str, job_id: JobId | None) -> tuple[str, Figure]:
    """Return a figure and its title.

    Args:
        databases: Where the samples are.
        name: `summary`, `cpu` or `memory`, where no job is meant.
        job_id: The job.

    Raises:
        UsageError: A file is not a database of samples.
        NotFoundError: There are no samples of the job.
    """
    chosen = () if job_id is None else (job_id,)
    jobs_in(databases, chosen)
    wanted = _OVERVIEWS.get(name) if job_id is None else f"job_{job_id}"
    return next(
        (title, figure) for each, title, figure in _figures(databases, chosen) if each == wanted
    )


_OVERVIEWS = {"summary": "summary", "cpu": "cpu_all_jobs", "memory": "memory_all_jobs"}


def _figures(
    databases: Sequence[Path], chosen: Collection[JobId]
) -> Iterator[tuple[str, str, Figure]]:
    """Yield names, titles and figures: those of the jobs first."""
    cpu, memory = (Comparison(each, OVERVIEW_JOBS, OVERVIEW_POINTS) for each in (CPU, MEMORY))
    for usage in read_usage(databases, chosen):
        cpu.add(usage)
        memory.add(usage)
        yield f"job_{usage.job_id}", f"Job {usage.label}", job_figure(usage)
    yield "cpu_all_jobs", "CPU of all jobs", overview_figure(cpu)
    yield "memory_all_jobs", "Memory of all jobs", overview_figure(memory)
    yield "summary", "Peaks and averages of all jobs", summary_figure((cpu, memory))


def _text(title: str, figure: Figure, target: Target, library: Path | None) -> str:
    if target.format == "json":
        return pages.as_json(figure)
    source = pages.embedded_library() if library is None else pages.library_file(library.name)
    return pages.page(title, figure, source)
