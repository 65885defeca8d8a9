"""What lists and tabs show of a server of the reference: what is there, or what it lacks."""

from __future__ import annotations

import re

from reference.world import make_world
from tui.driving import interface

RAW = re.compile(r"\b(404|405|500|None|null|Traceback|fault of torc)\b|missing field|parse body")
NOT_COUNTED = re.compile(r"\b(0|None) (running |active )?jobs\b")
TABS = ["Jobs", "Files", "Events", "Results", "Nodes", "Runs", "DAG", "Time", "More"]


def wrong_in(seen: str) -> list[str]:
    """Return the lines that say what no user should read."""
    words = seen.replace("None of these", "")
    return [line for line in words.splitlines() if RAW.search(line) or NOT_COUNTED.search(line)]


async def test_every_tab_shows_what_is_there(there, reference, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_world(there, str(tmp_path))
    async with interface(reference.url, (140, 30)) as driver:
        await driver.open("world")
        seen = {}
        for tab in TABS:
            await driver.wait_for(f"[{tab}]")
            await driver.rest()
            seen[tab] = driver.seen()
            await driver.press("tab")

    assert {tab: wrong_in(text) for tab, text in seen.items() if wrong_in(text)} == {}
    assert "does not keep records of runs" in seen["Runs"], seen["Runs"]
    assert "Rerun what failed instead: press Y" in " ".join(seen["Runs"].split()), seen["Runs"]
    assert re.search(r"done +0 +1 +✓ completed", seen["Results"]), seen["Results"]
    assert re.search(r"done +✓ completed +1 +- +-", seen["Jobs"]), seen["Jobs"]
    assert "50% of 2 jobs" in seen["Jobs"]


async def test_counts_that_the_list_lacks_are_not_zero(there, reference, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    world = make_world(there, str(tmp_path))
    async with interface(reference.url, (140, 30)) as driver:
        await driver.wait_for("world")
        await driver.rest()
        line = next(
            line for line in driver.seen().splitlines() if f" {world.workflow}  world" in line
        )

    assert re.search(r"world +- +- +- ", line)
