"""The generated pages of the documentation say what the program does."""

from __future__ import annotations

import argparse
import importlib.util
import json
import re
import shlex
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

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


def test_every_exit_code_has_a_meaning(generate):
    assert set(generate.MEANING) == set(generate.ExitCode)


def test_the_example_of_the_http_interface_works_as_written(make_server):
    page = (ROOT / "docs" / "reference" / "http-api.md").read_text("utf-8")
    example = re.search(r"```sh\n(curl .*?)```", page, re.DOTALL)[1]
    server = make_server()
    answers = [
        ask(shlex.split(command.replace("$U", server.url)))
        for command in re.findall(
            r"^curl (.*?)$(?=\ncurl|\Z)", example.strip(), re.MULTILINE | re.DOTALL
        )
    ]

    assert len(answers) == 10
    claimed, started, ended, status, results = answers[5:]
    assert [job["id"] for job in claimed["jobs"]] == [1]
    assert (started["status"], ended["status"]) == ("running", "completed")
    assert (status["jobs_by_status"]["completed"], status["jobs_by_status"]["ready"]) == (1, 1)
    assert [result["job_id"] for result in results["items"]] == [1]


def ask(arguments):
    """Do what curl does with these arguments."""
    parser = argparse.ArgumentParser()
    parser.add_argument("-X")
    parser.add_argument("-d")
    parser.add_argument("url")
    wanted = parser.parse_args(arguments)
    method = wanted.X or ("GET" if wanted.d is None else "POST")
    body = None if wanted.d is None else wanted.d.encode()
    with urlopen(Request(wanted.url, body, method=method), timeout=30) as answer:
        return json.load(answer)


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
