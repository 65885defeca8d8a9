"""The bounds within which the code stays easy to find one's way in."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("torc_core", "torc_server", "torc_tui")
FOLDERS = (*PACKAGES, "tests", "docs", "examples", ".ci")
MODULES_IN_A_FOLDER = 15
LINES_OF_A_MODULE = 400
LINES_OF_A_CLASS = 300
METHODS_OF_A_CLASS = 25
PLAIN_NAME = re.compile(rb"[A-Za-z0-9._/@+-]+")

MODULES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def classes(path: Path) -> Iterator[ast.ClassDef]:
    tree = ast.parse(path.read_text("utf-8"))
    return (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef))


@pytest.mark.parametrize("folder", sorted({path.parent for path in MODULES}), ids=str)
def test_a_folder_can_be_taken_in_at_a_glance(folder: Path) -> None:
    modules = [path.name for path in folder.glob("*.py") if path.name != "__init__.py"]
    assert len(modules) <= MODULES_IN_A_FOLDER


def test_a_module_holds_one_idea() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in MODULES
        if (lines := len(path.read_text("utf-8").splitlines())) > LINES_OF_A_MODULE
    }
    assert not long


def test_a_class_has_one_task() -> None:
    large = []
    for path in MODULES:
        for node in classes(path):
            methods = sum(isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef) for n in node.body)
            assert node.end_lineno is not None
            lines = node.end_lineno - node.lineno + 1
            if methods > METHODS_OF_A_CLASS or lines > LINES_OF_A_CLASS:
                large.append(f"{path.relative_to(ROOT)}: {node.name}, {methods} methods, {lines}")
    assert not large


def test_every_module_says_what_it_is_for() -> None:
    silent = [path for path in MODULES if not ast.get_docstring(ast.parse(path.read_text("utf-8")))]
    assert not silent


def test_commands_leave_printing_to_the_output() -> None:
    commands = ROOT / "torc_tui" / "cli" / "commands"
    printing = {
        f"{path.relative_to(commands)}: {call}"
        for path in commands.rglob("*.py")
        for call in ("click.echo(", "click.secho(", "stdout.write(", "stderr.write(")
        if call in path.read_text("utf-8")
    }
    assert not printing


def test_names_of_files_are_plain() -> None:
    """What a program left behind under a name of random bytes was not meant to be kept."""
    found = [*ROOT.iterdir(), *(path for folder in FOLDERS for path in (ROOT / folder).rglob("*"))]
    names = [os.fsencode(path.relative_to(ROOT)) for path in found]
    assert not [name for name in names if not PLAIN_NAME.fullmatch(name)]


def test_what_tests_share_is_no_conftest() -> None:
    """An import makes a second module of it, beside pytest's, which has a state of its own."""
    imported = re.compile(r"^ *(from|import) [\w.]*\bconftest\b.*", re.MULTILINE)
    tests = (ROOT / "tests").rglob("*.py")
    found = {
        str(path.relative_to(ROOT)): match.group()
        for path in tests
        if (match := imported.search(path.read_text("utf-8")))
    }
    assert not found
