"""Every command of the documentation works where its page says it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest
from docs.pages import SHELL, blocks, gist, script, shown
from docs.shell import Shell

ROOT = Path(__file__).parents[2]
HOME = "/home/ann"
"""Whose outputs the pages show."""
EXAMPLE_ID = 42
"""The workflow that pages speak of."""
PAGES = {
    str(page.relative_to(ROOT)): page
    for page in sorted([*ROOT.glob("docs/*/*.md"), ROOT / "examples" / "README.md"])
    if any(block.language == SHELL for block in blocks(page))
}
OF_OTHER_TESTS = {
    "docs/reference/http-api.md",  # test_reference
    "docs/how-to/install.md",  # needs a package index: .ci/run
    "docs/tutorial/first-workflow.md",  # installs; test_readme
}


class Recipe(NamedTuple):
    """The workflow 42 of a page: what is in `workflow.yaml`, and how it got to where it is."""

    spec: str
    start: str = "torc run workflow.yaml"
    end: str = "true"
    """What ends what the page leaves running."""


RECIPE = Recipe("""
name: completing
jobs:
  - {name: first, command: 'echo 1 > ${files.output.one}'}
  - {name: second, command: 'cat ${files.input.one}'}
files: [{name: one, path: one.txt}]
""")
FAILING = Recipe(
    "name: failing\njobs: [{name: first, command: 'true'}, {name: bad, command: 'exit 3'}]",
)
RUNNING = Recipe(
    """
name: survey
jobs:
  - {name: "probe_{i}", command: sleep 60, parameters: {i: "1:7"}}
  - {name: summary, command: "true", depends_on_regexes: ["^probe_"]}
""",
    """
torc run workflow.yaml --max-parallel-jobs 2 --detach
until [ $(torc jobs list 42 --status running | grep -c sleep) = 2 ]; do :; done
""",
    "torc workflows cancel 42; until torc runs list | grep canceled; do :; done",
)
RECIPES = {
    "docs/how-to/cancel.md": RUNNING,
    "docs/how-to/debug-a-failed-job.md": Recipe("""
name: nightly
jobs:
  - {name: read, command: head -n 1 readings.csv}
  - {name: sort, command: sort readings.cvs, depends_on: [read]}
"""),
    "docs/how-to/debug-a-slurm-workflow.md": Recipe(
        "name: on a cluster\njobs: [{name: solve, command: 'true'}]",
        """
torc run workflow.yaml
echo "slurmstepd: error: Detected 1 oom-kill event(s)" > output/slurm_output_wf42_sl9001.e
""",
    ),
    "docs/how-to/follow-progress.md": RUNNING,
    "docs/how-to/scripts.md": Recipe("""
name: nightly
jobs: [{name: fetch, command: "true"}, {name: check, command: exit 1, depends_on: [fetch]}]
"""),
    "docs/how-to/monitor-resources.md": Recipe("""
name: monitored
resource_monitor: {enabled: true, granularity: time_series, sample_interval_seconds: 1}
jobs: [{name: work, command: 'sleep 2'}]
"""),
    "docs/how-to/recover-from-failures.md": Recipe("""
name: training
resource_requirements: [{name: train, num_cpus: 1, memory: 50m, runtime: PT1M}]
jobs:
  - {name: train_7, command: mkdir trained || exit 0; exit 137, resource_requirements: train}
  - {name: test_7, command: "true", depends_on: [train_7], resource_requirements: train}
  - {name: plot, command: exit 3}
"""),
    "docs/how-to/rerun-what-changed.md": Recipe(
        "name: later\njobs: [{name: a, command: 'true'}]",
        "torc workflows create workflow.yaml && torc workflows initialize 42",
    ),
    "docs/how-to/read-the-logs.md": FAILING,
    "docs/how-to/run-and-come-back.md": FAILING,
    "docs/how-to/resume.md": Recipe(
        "name: stopped\njobs: [{name: a, command: '[ $TORC_ATTEMPT_ID -gt 1 ] || sleep 60'}]",
        """
torc workflows create workflow.yaml
torc run 42 & until torc jobs list 42 --status running | grep sleep; do :; done
kill $! && wait || true
""",
    ),
}


@pytest.mark.parametrize("name", sorted(PAGES.keys() - OF_OTHER_TESTS))
def test_the_commands_of_a_page_work(name: str, shell: Shell):
    code = script(PAGES[name])
    recipe = RECIPES.get(name, RECIPE)
    (shell.home / "workflow.yaml").write_text(recipe.spec)
    if str(EXAMPLE_ID) in code:
        begin(recipe, shell)

    done = shell(code)
    shell(recipe.end)

    assert done.returncode == 0, f"{code}\n{done.stdout}\n{done.stderr}"
    printed = (done.stdout + done.stderr).replace(str(shell.home), HOME)
    gists = set(map(gist, printed.splitlines()))
    assert [line for line in shown(PAGES[name]) if not is_among(gist(line), gists)] == [], printed


def is_among(line: str, lines: set[str]) -> bool:
    """Whether a line was printed; one that ends with an ellipsis is shortened."""
    start, cut, _ = line.partition("…")
    return any(one.startswith(start) if cut else one == line for one in lines)


def begin(recipe: Recipe, shell: Shell) -> None:
    """Make the workflow with the id of the pages, and start it."""
    shell.begin_with(EXAMPLE_ID)
    done = shell(recipe.start)
    assert f"name: {shell.name_of(EXAMPLE_ID)}\n" in recipe.spec, done.stderr


def test_what_is_not_run_says_why():
    reasons = [block.not_run for page in PAGES.values() for block in blocks(page) if block.not_run]

    assert len(reasons) < 40
