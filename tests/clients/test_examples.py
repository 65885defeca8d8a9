"""The examples in Python run with our names and, with other imports, with the official clients."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from clients.environments import VERSIONS, python_of
from forks.processes import run as run_program

from torc_core.client import every_item

EXAMPLES = Path(__file__).parents[2] / "examples" / "python"
OURS = re.compile(r"from torc_core\.api import \(([^)]*)\)")
TIMEOUT_S = 100


def official_imports(found):
    """Return the lines by which the official clients are imported instead."""
    names = re.findall(r"\w+", found[1])
    helpers = [name for name in names if name.islower()]
    records = [name for name in names if not name.islower()]
    return (
        f"from torc import {', '.join(helpers)}\n"
        f"from torc.openapi_client import {', '.join(records)}"
    )


@pytest.fixture(params=["ours", *VERSIONS])
def python(request, tmp_path):
    """An interpreter, after the examples were copied with the imports of its client."""
    for path in EXAMPLES.glob("*.py"):
        shutil.copy(path, tmp_path)
    if request.param == "ours":
        return Path(sys.executable)
    for path in tmp_path.glob("*.py"):
        path.write_text(OURS.sub(official_imports, path.read_text()))
    return python_of(request.param)


@pytest.fixture
def created_and_run(client, server, python, tmp_path):
    """Run a program that creates a workflow, and then the workflow; return its user data."""

    def created_and_run(program):
        where = {"cwd": tmp_path, "capture_output": True, "text": True, "timeout": TIMEOUT_S}
        where["env"] = os.environ | {"PATH": f"{python.parent}:{os.environ['PATH']}"}
        made = subprocess.run([python, program, server.url], check=True, **where)
        workflow_id = re.search(r"Created workflow (\d+) with", made.stdout)[1]
        command = [sys.executable, "-m", "torc_tui", "--url", server.url, "run", workflow_id]
        run_program(command, check=True, **where)
        records = every_item(client.list_user_data, int(workflow_id))
        return {record.name: record.data for record in records}

    return created_and_run


def test_functions_are_mapped(created_and_run):
    data = created_and_run("map_function_across_workers.py")

    assert data["postprocess_result"]["simulations"] == 5
    assert data["postprocess_result"]["best"] == data["output_3"]


def test_files_make_a_diamond(created_and_run, tmp_path):
    created_and_run("diamond_workflow.py")

    assert (tmp_path / "mean.txt").read_text() == "5\n"


def test_a_job_waits_for_two(created_and_run, tmp_path):
    created_and_run("simple_workflow.py")

    assert (tmp_path / "atlas.txt").read_text() == "north\nsouth\n"
