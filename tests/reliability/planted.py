"""Plant bugs into torc, one at a time, and see that the machinery of this folder finds each.

    PYTHONPATH=tests python tests/reliability/planted.py

A bug is a change of the source while its module is imported: within one function, or among the
assignments of the module, each expression or statement like `old` becomes `new`. Both are compared
as syntax, so that formatting does not matter; a bug whose place is gone is an error.
"""

from __future__ import annotations

import argparse
import ast
import importlib.abc
import importlib.util
import os
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

KNOWN = Path(__file__).with_name("planted.toml")
TESTS = Path(__file__).parents[1]
BUDGET_S = 1800.0
NOT_FOUND, FOUND = 0, 1
"""Exit codes of a checker."""


class Bug(NamedTuple):
    """A planted bug."""

    name: str
    module: str
    function: str
    """Its name, with that of its class; empty for an assignment of the module."""
    old: str
    new: str
    checker: list[str]
    """A program of this folder and its arguments, which must fail."""
    says: str
    """A part of what it must say."""


def load_bugs() -> dict[str, Bug]:
    """Return all bugs, by name."""
    table = tomllib.loads(KNOWN.read_text("utf-8"))
    return {name: Bug(name, **fields) for name, fields in table.items()}


class PlaceError(Exception):
    """There is nothing in the source that is to be changed."""


def planted(source: str, bug: Bug) -> ast.Module:
    """Return the source of a module with a bug.

    Raises:
        PlaceError: Its place is gone.
    """
    tree = ast.parse(source)
    place = _find(tree, bug.function.split(".") if bug.function else [])
    change = _Change(bug.old, bug.new)
    for statement in ast.walk(place):
        for name, value in list(ast.iter_fields(statement)):
            if isinstance(value, list):
                setattr(statement, name, change.among(value))
            elif isinstance(value, ast.AST):
                setattr(statement, name, change.of(value))
    if not change.count:
        raise PlaceError(f"{bug.name}: {bug.module}:{bug.function} has no {bug.old!r}")
    return ast.fix_missing_locations(tree)


def _find(tree: ast.AST, path: Sequence[str]) -> ast.AST:
    for name in path:
        body = getattr(tree, "body", [])
        found = [each for each in body if getattr(each, "name", None) == name]
        if not found:
            raise PlaceError(f"there is no {'.'.join(path)}")
        tree = found[0]
    return tree


class _Change:
    """Replaces what is like some syntax."""

    def __init__(self, old: str, new: str) -> None:
        [statement] = ast.parse(old).body
        self._new = ast.parse(new).body
        both = [statement, *self._new]
        self._is_expression = len(both) == 2 and all(isinstance(each, ast.Expr) for each in both)
        self._old = ast.dump(statement.value if self._is_expression else statement)  # type: ignore[attr-defined]
        self.count = 0

    def of(self, node: ast.AST) -> ast.AST:
        if self._is_expression and ast.dump(node) == self._old:
            self.count += 1
            new = self._new[0]
            assert isinstance(new, ast.Expr)
            return new.value
        return node

    def among(self, nodes: list[Any]) -> list[Any]:
        changed: list[Any] = []
        for node in nodes:
            if not isinstance(node, ast.AST):
                changed.append(node)
            elif not self._is_expression and ast.dump(node) == self._old:
                self.count += 1
                changed += self._new
            else:
                changed.append(self.of(node))
        return changed


class _Planter(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module with a bug."""

    def __init__(self, bug: Bug) -> None:
        self._bug = bug

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> Any:
        if fullname != self._bug.module:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        assert spec is not None
        assert spec.origin is not None
        return importlib.util.spec_from_file_location(fullname, spec.origin, loader=self)

    def create_module(self, spec: Any) -> None:
        return None

    def exec_module(self, module: Any) -> None:
        path = Path(module.__spec__.origin)
        code = compile(planted(path.read_text("utf-8"), self._bug), str(path), "exec")
        exec(code, module.__dict__)


def run_checker(bug: Bug) -> None:
    """Run the checker of a bug in this process, with the bug."""
    sys.meta_path.insert(0, _Planter(bug))
    program, *arguments = bug.checker
    path = (Path(__file__).parent / program).resolve()
    sys.argv = [str(path), *arguments]
    main: Callable[[], int] = _load(path).main
    sys.exit(main())


def _load(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(f"reliability.{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


class Verdict(NamedTuple):
    """What came of a planted bug."""

    bug: Bug
    is_found: bool
    seconds: float
    said: str


def judge(bug: Bug) -> Verdict:
    """Plant a bug in a process of its own, and return whether its checker finds it."""
    begin = time.monotonic()
    done = subprocess.run(
        [sys.executable, __file__, "--with", bug.name],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS.parent)])},
        capture_output=True,
        text=True,
        timeout=BUDGET_S,
        check=False,
    )
    text = done.stdout + done.stderr
    said = [line for line in text.splitlines() if bug.says in line]
    is_found = done.returncode == FOUND and bool(said)
    shown = said[0] if said else text[-1500:]
    return Verdict(bug, is_found, time.monotonic() - begin, shown[:300] if is_found else shown)


def main() -> int:
    """Plant bugs, and print which were found."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", help="only these bugs")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--with", dest="one", help="run the checker of this bug, here")
    chosen = parser.parse_args()
    bugs = load_bugs()
    if chosen.one:
        run_checker(bugs[chosen.one])
    wanted = [bugs[name] for name in chosen.names or bugs]
    found = 0
    with ThreadPoolExecutor(chosen.jobs) as pool:
        for verdict in pool.map(judge, wanted):
            found += verdict.is_found
            word = "found" if verdict.is_found else "PROBLEM not found"
            print(f"{word} in {verdict.seconds:.0f} s: {verdict.bug.name}", flush=True)
            print(f"    {verdict.said}")
    print(f"{found} of {len(wanted)} planted bugs were found")
    return int(found < len(wanted))


if __name__ == "__main__":
    sys.exit(main())
