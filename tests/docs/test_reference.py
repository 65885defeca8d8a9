"""The generated pages of the documentation say what the program does."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

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
