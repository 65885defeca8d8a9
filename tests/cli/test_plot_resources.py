"""`torc plot-resources`: files, text, and what is said when that is impossible."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from torc_core.runner.monitor.samples import SampleDatabase, StoredSample
from torc_tui.plots.write import Target, write_plots

NAMES = {1: "train", 2: "</script><b>\x1b[31m"}
COMPARISONS = ("cpu_all_jobs", "memory_all_jobs", "summary")


@pytest.fixture
def database(tmp_path):
    """Samples of two jobs, in a file of the current directory."""
    path = tmp_path / "metrics.db"
    samples = SampleDatabase(str(path), 0o600)
    for job_id, name in NAMES.items():
        for second in range(5):
            samples.add(
                StoredSample(
                    job_id=job_id,
                    job_name=name,
                    timestamp=1_700_000_000.0 + second,
                    cpu_percent=100.0 * job_id + second,
                    memory_bytes=job_id * 2**30,
                    num_processes=job_id,
                )
            )
    samples.close()
    return path


def files_in(directory):
    return {path.name for path in directory.iterdir()}


@pytest.mark.usefixtures("database")
def test_there_is_a_page_for_each_job_and_three_for_all(torc_alone, tmp_path):
    done = torc_alone("plot-resources", "metrics.db", "-o", "new/plots")

    assert (done.code, done.out) == (0, "Wrote 5 plots of 2 jobs to new/plots.\n")
    assert files_in(tmp_path / "new/plots") == {
        f"resource_plot_{name}.html" for name in ("job_1", "job_2", *COMPARISONS)
    }


@pytest.mark.usefixtures("database")
def test_figures_are_json_of_plotly(torc_alone, tmp_path):
    done = torc_alone("plot-resources", "metrics.db", "-f", "json", "-p", "run1", "--job-ids", "2")
    names = ["job_2", *COMPARISONS]
    job, cpu, memory, summary = (
        json.loads((tmp_path / f"run1_{name}.json").read_text()) for name in names
    )

    assert done.code == 0
    assert [line["name"] for line in job["data"]] == ["CPU (%)", "Memory (GiB)", "Processes"]
    assert job["data"][0]["x"][:2] == [1_700_000_000_000, 1_700_000_001_000]
    assert job["data"][1]["y"] == [2.0] * 5
    assert [line["yaxis"] for line in job["data"]] == ["y", "y2", "y3"]
    assert cpu["layout"]["title"]["text"] == "CPU (%) of 1 job"
    assert memory["data"][0]["y"] == [2.0] * 5
    bars = [(bar["name"], bar["yaxis"], bar["y"]) for bar in summary["data"]]
    assert bars == [
        ("Peak", "y", [204.0]),
        ("Average", "y", [202.5]),
        ("Peak", "y2", [2.0]),
        ("Average", "y2", [2.0]),
    ]


@pytest.mark.usefixtures("database")
def test_names_of_jobs_are_no_markup_of_a_page_or_of_plotly(torc_alone, tmp_path):
    torc_alone("plot-resources", "metrics.db", "-j", "2")
    page = (tmp_path / "resource_plot_job_2.html").read_text()

    assert page.count("</script>") == 3  # the page's own
    assert "<b>" not in page
    assert "\x1b" not in page
    assert "<title>Job 2: &lt;/script&gt;&lt;b&gt;␛[31m</title>" in page
    assert r"Job 2: &lt;/script&gt;&lt;b&gt;\u241b[31m" in page


@pytest.mark.usefixtures("database")
def test_the_global_format_makes_the_answer_json(torc_alone):
    done = torc_alone("-f", "json", "plot-resources", "metrics.db", "-f", "json", "-j", "1")

    assert done.json == {
        "output_dir": ".",
        "num_jobs": 1,
        "files": [f"resource_plot_{name}.json" for name in ("job_1", *COMPARISONS)],
    }


@pytest.mark.usefixtures("database")
def test_text_shows_a_plot_of_each_metric_with_the_names_of_jobs(torc_alone, tmp_path):
    done = torc_alone("plot-resources", "metrics.db", "--format", "terminal")

    assert done.code == 0
    for title in ("CPU (%) of 2 jobs", "Memory (GiB) of 2 jobs", "Processes of 2 jobs"):
        assert title in done.out
    assert done.out.count("\na 1: train\nb 2: </script><b>␛[31m\n") == 3
    assert max(map(len, done.out.splitlines())) <= 80
    assert "\x1b" not in done.out
    assert files_in(tmp_path) == {"metrics.db"}


def test_many_pages_share_the_library(database, tmp_path):
    target = Target(
        directory=tmp_path / "plots", prefix="all", format="html", self_contained_jobs=1
    )
    written = write_plots([database], (), target)

    assert written.sentence == (
        f"Wrote 5 plots of 2 jobs to {target.directory}. "
        "They need all_plotly.js, which must stay in the same directory."
    )
    assert "Plotly" in (target.directory / "all_plotly.js").read_text("utf-8")
    assert (target.directory / "all_job_1.html").stat().st_size < 10_000


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("none.db",), 2, "There is no file none.db."),
        (("metrics.db", "other.db"), 2, "other.db cannot be read as a database of samples"),
        (("metrics.db", "-j", "1,77"), 4, "There are no samples of job 77 in metrics.db."),
        (("metrics.db", "-j", "one"), 2, "'one' is not an id"),
        (("metrics.db", "-p", "../up"), 2, "'../up' cannot begin the name of a file."),
        (("metrics.db", "-o", "other.db/x"), 9, "Not a directory"),
        ((), 2, "Missing argument"),
    ],
)
def test_what_cannot_be_plotted_writes_nothing(torc_alone, tmp_path, arguments, code, said):
    (tmp_path / "other.db").write_text("no database")
    before = files_in(tmp_path)
    done = torc_alone("plot-resources", *arguments)

    assert done.code == code
    assert said in done.err
    assert files_in(tmp_path) == before


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(("form", "library"), [("html", "plotly"), ("terminal", "plotext")])
def test_without_what_draws_it_is_said_how_to_install_that(tmp_path, form, library):
    program = (
        f"import sys; sys.modules[{library!r}] = None\nfrom torc_tui.__main__ import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "plot-resources", "metrics.db", "-f", form],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 9
    assert f"{library} is not installed" in done.stderr
    assert "pip install -c constraints.txt '.[plots]'" in done.stderr
    assert files_in(tmp_path) == {"metrics.db"}


def test_its_help_has_its_own_format_and_examples(torc_alone):
    done = torc_alone("plot-resources", "--help")

    assert "[html|json|terminal]" in done.out
    assert "torc plot-resources output/resource_utilization/resource_metrics_*.db" in done.out
