"""The generated pages of the documentation say what the program does."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
from pathlib import Path

import cli_coverage
import errors_page
import pytest
from environments import program

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def generate():
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_generated_page_is_up_to_date(generate):
    stale = [
        name
        for name, page in generate.PAGES.items()
        if (ROOT / "docs" / "reference" / name).read_text("utf-8") != page()
    ]

    assert stale == [], "run: python docs/generate.py"


def test_every_command_and_option_of_the_reference_is_here():
    assert cli_coverage.problems() == []


def test_every_exit_code_has_a_meaning(generate):
    assert set(generate.MEANING) == set(generate.ExitCode)


def test_every_error_has_advice_and_its_row():
    assert errors_page.codes() == set(errors_page.ADVICE)


def test_the_example_of_the_http_interface_works_as_written(make_server):
    page = (ROOT / "docs" / "reference" / "http-api.md").read_text("utf-8")
    example = re.search(r"```sh\n(curl .*?)```", page, re.DOTALL)[1]
    server = make_server()
    setup = f'U={server.url}\ncurl() {{ {program("curl")} --silent --show-error "$@"; echo; }}\n'

    run = subprocess.run(
        ["bash", "-e", "-c", setup + example],
        capture_output=True,
        text=True,
        check=True,
        timeout=100,
    )

    answers = list(map(json.loads, run.stdout.splitlines()))
    assert len(answers) == 10
    claimed, started, ended, status, results = answers[5:]
    assert [job["id"] for job in claimed["jobs"]] == [1]
    assert (started["status"], ended["status"]) == ("running", "completed")
    assert (status["jobs_by_status"]["completed"], status["jobs_by_status"]["ready"]) == (1, 1)
    assert [result["job_id"] for result in results["items"]] == [1]


def test_links_between_pages_lead_somewhere():
    broken = [
        (str(page.relative_to(ROOT)), target)
        for page in [ROOT / "README.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/*.md")]
        for target in re.findall(r"\]\(([^)#]+)", page.read_text("utf-8"))
        if "://" not in target and not (page.parent / target).exists()
    ]

    assert broken == []


def test_what_the_readme_runs_is_there():
    readme = (ROOT / "README.md").read_text("utf-8")

    assert (ROOT / re.search(r"torc run (\S+\.yaml)", readme)[1]).exists()
