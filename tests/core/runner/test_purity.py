"""Time, randomness and the world reach the runner as arguments, so that a simulator can run it."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3] / "torc_core" / "runner"
REAL = {"guard", "process/adoption.py", "process/guard_client.py", "care.py"}
"""What deals with processes that no simulator has."""
MODULES = sorted(
    (
        path
        for path in ROOT.rglob("*.py")
        if not REAL & {str(path.relative_to(ROOT)), path.parent.name}
    ),
    key=str,
)
POLICY = sorted((ROOT / "policy").glob("*.py"), key=str)
CLOCKS = {
    "time.time",
    "time.time_ns",
    "time.monotonic",
    "time.monotonic_ns",
    "time.perf_counter",
    "time.perf_counter_ns",
    "time.process_time",
    "time.sleep",
    "datetime.now",
    "datetime.utcnow",
    "torc_core.clock.now_ms",
    "torc_core.clock.utc_now",
}
IMPURE = {
    *("asyncio", "logging", "multiprocessing", "os", "pathlib", "random", "select", "shutil"),
    *("signal", "socket", "sqlite3", "subprocess", "sys", "threading", "time", "queue", "httpx"),
}


def name_of(path):
    return str(path.relative_to(ROOT))


def dotted(node):
    """Return `a.b.c` for such an expression, else nothing."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def uses(tree):
    """Return every name of a module or attribute that a file uses, with imports resolved."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.Attribute):
            found.add(dotted(node))
    return found


def clocks_read_by(source):
    return {use for use in uses(ast.parse(source)) if any(use.endswith(clock) for clock in CLOCKS)}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_time_comes_from_the_clock(path):
    # Only the runner itself, where all parts are put together, makes a clock.
    source = path.read_text("utf-8")
    assert clocks_read_by(source) == set()
    assert ("SystemClock" in source) == (name_of(path) == "runner.py")


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_chance_comes_from_outside(path):
    has_random = any(use.split(".")[0] == "random" for use in uses(ast.parse(path.read_text())))
    assert has_random == (name_of(path) == "runner.py")


@pytest.mark.parametrize("path", POLICY, ids=name_of)
def test_policy_is_pure(path):
    tree = ast.parse(path.read_text("utf-8"))
    imported = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            imported.add(node.module)
        elif isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
    assert {name.split(".")[0] for name in imported} & IMPURE == set()
    for name in imported:
        assert not name.startswith(("torc_core.client", "torc_core.host"))
        assert not name.startswith("torc_core.runner") or ".policy" in name


@pytest.mark.parametrize(
    "source",
    [
        "import time\nx = time.monotonic()",
        "from time import monotonic",
        "import time\nf = time.time",
        "from datetime import datetime\ndatetime.now()",
        "import datetime\ndatetime.datetime.now()",
        "from torc_core.clock import utc_now",
    ],
)
def test_this_test_sees_a_clock(source):
    assert clocks_read_by(source)
