"""The examples run to their end, in a directory that has the folder `examples`."""

from __future__ import annotations

import pytest
from docs.shell import ROOT, Shell

FOR_CLUSTERS = {"slurm_staged"}
EXIT_CODES = {"failure": 1}
WORKFLOWS = sorted(path.stem for path in (ROOT / "examples" / "yaml").iterdir())


@pytest.fixture(scope="module")
def shell(tmp_path_factory):
    """One shell, and so one server, for all examples."""
    new = Shell(tmp_path_factory.mktemp("home"))
    yield new
    new.close()


@pytest.mark.parametrize("name", [name for name in WORKFLOWS if name not in FOR_CLUSTERS])
def test_an_example_runs(name: str, shell: Shell):
    done = shell(f"torc run examples/yaml/{name}.yaml")

    assert done.returncode == EXIT_CODES.get(name, 0), done.stdout + done.stderr


def test_the_solver_converges_with_its_third_attempt(shell: Shell):
    done = shell(
        "torc run examples/yaml/failure_handler.yaml && torc results list latest --all-runs"
    )

    attempts = [line.split()[4:7] for line in done.stdout.splitlines() if " solve " in line]
    assert attempts == [["1", "failed", "10"], ["2", "failed", "10"], ["3", "completed", "0"]]


def test_the_stages_of_a_cluster_are_requested_one_after_the_other(shell: Shell):
    done = shell("torc workflows execution-plan examples/yaml/slurm_staged.yaml")

    requests = [line.split()[1] for line in done.stdout.splitlines() if "(slurm)" in line]
    assert requests == ["cpu_nodes", "gpu_nodes", "short_nodes"]


def test_every_example_is_in_the_list():
    page = (ROOT / "examples" / "README.md").read_text("utf-8")
    programs = [path.name for path in (ROOT / "examples" / "python").glob("*_work*.py")]

    assert [name for name in [*WORKFLOWS, *programs] if f"| `{name}`" not in page] == []
