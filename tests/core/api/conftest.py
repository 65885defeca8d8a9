from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from forks.processes import run as run_program

from torc_core.api import WorkflowModel


@pytest.fixture
def workflow_id(client):
    return client.create_workflow(WorkflowModel(name="mapped", user="tester")).id


@pytest.fixture
def write_module(tmp_path, monkeypatch):
    """Write a module into the current directory, which is the test's own."""
    monkeypatch.chdir(tmp_path)

    def write(text: str, name: str = "own") -> Path:
        path = tmp_path / f"{name}.py"
        path.write_text(text)
        return path

    return write


@pytest.fixture
def start_job(server, tmp_path):
    """Start what a job runs, as a runner does, in another directory."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()

    def start(job, url=None):
        return subprocess.Popen(
            shlex.split(job.command),
            cwd=elsewhere,
            env=os.environ | {"TORC_API_URL": url or server.url, "TORC_JOB_ID": str(job.id)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


@pytest.fixture
def run_job(start_job):
    """Run what a job runs; return its exit code and what it said."""

    def run(job):
        process = start_job(job)
        out, err = process.communicate(timeout=100)
        return process.returncode, out, err

    return run


@pytest.fixture
def torc_run(server, tmp_path):
    """Run a workflow with a real runner; return the exit code."""

    def run(workflow_id):
        command = [sys.executable, "-m", "torc_tui", "--url", server.url, "run", str(workflow_id)]
        return run_program(
            command, cwd=tmp_path, capture_output=True, timeout=100, check=False
        ).returncode

    return run
