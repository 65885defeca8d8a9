"""The tab with the other lists of a workflow: one at a time, by key, by mouse and by name."""

from __future__ import annotations

import re

import pytest
from tui.driving import interface

from torc_core.operations.definition.create import create_workflow
from torc_core.spec import load_workflow

SPEC = """
name: equipped
resource_requirements:
  - {name: small, num_cpus: 1, memory: 2g, runtime: PT20M}
  - {name: large, num_cpus: 16, memory: 48g, runtime: PT2H}
user_data:
  - {name: grid, data: {resolution: 0.25, levels: [1, 2, 3]}}
slurm_schedulers:
  - {name: short, account: seasonal, nodes: 4, walltime: "04:00:00"}
failure_handlers:
  - {name: retry, rules: [{exit_codes: [3], max_retries: 2}, {match_all_exit_codes: true}]}
actions:
  - {trigger_type: on_workflow_start, action_type: run_commands, commands: [echo one, echo two]}
  - {trigger_type: on_workflow_complete, action_type: run_commands, commands: [echo end]}
jobs:
  - {name: only, command: "true", resource_requirements: small, failure_handler: retry}
"""


@pytest.fixture
def equipped(client, tmp_path):
    path = tmp_path / "equipped.yaml"
    path.write_text(SPEC)
    number = create_workflow(client, load_workflow(path), user="tester")
    yield number
    client.delete_workflow(number)


async def command(ui, line):
    await ui.press(":")
    await ui.type(line)
    await ui.press("enter")


async def test_a_key_goes_from_list_to_list_and_enter_shows_a_record_in_full(server, equipped):
    async with interface(server.url) as ui:
        await ui.open("equipped")
        await ui.press("shift+tab")
        await ui.wait_for("[More]")
        await ui.wait_for('{"resolution":0.25')
        await ui.press("enter")
        await ui.wait_for('"levels": [')
        await ui.press("q", "E")
        await ui.wait_for("[Requirements]")
        await ui.wait_for("PT20M")
        await ui.press("E")
        await ui.wait_for("seasonal")
        await ui.press("E")
        await ui.wait_for("no local schedulers")
        await ui.press("E")
        await ui.wait_for("3: 2 attempts; others: 3 attempts")
        await ui.press("E")
        await ui.wait_for("echo one; echo two")
        await ui.press("enter")
        await ui.wait_for("Actions ▸")
        assert "echo one; echo two" not in ui.seen()
        await ui.press("q", "E")
        await ui.wait_for("[User data]")


async def test_a_list_is_reached_by_its_name_filtered_and_sorted(server, equipped):
    async with interface(server.url) as ui:
        await ui.open("equipped")
        await command(ui, "requirements")
        await ui.wait_for("3 resource requirements")
        await ui.press("2", "2")
        await ui.wait_for("Name▼")
        await ui.press("f")
        await ui.type("larg")
        await ui.press("enter")
        await ui.wait_for("name: larg")
        assert "small" not in ui.seen()
        await ui.press("escape")
        await ui.wait_for("3 resource requirements")
        await command(ui, "act")
        await ui.wait_for("[Actions]")
        await ui.press("2", "2")
        await ui.wait_for("Trigger▼")
        in_order = re.compile("on_workflow_start.*on_workflow_complete", re.DOTALL)
        await ui.wait_for(lambda: in_order.search(ui.seen()))
        await ui.press("equals_sign")
        await ui.wait_for("1 action")
        await command(ui, "jobs")
        await ui.wait_for("[Jobs]")


async def test_the_palette_goes_to_a_list(server, equipped):
    async with interface(server.url) as ui:
        await ui.open("equipped")
        await ui.press("ctrl+p")
        await ui.type("go to failure")
        await ui.wait_for("failure-handlers")
        await ui.press("enter")
        await ui.wait_for("[Failure handlers]")


async def test_a_click_on_a_name_shows_its_list(server, equipped):
    async with interface(server.url, (160, 48)) as ui:
        await ui.open("equipped")
        await command(ui, "more")
        await ui.wait_for("[User data]")
        line = next(each for each in ui.seen().splitlines() if "[User data]" in each)
        at = line.index("Schedulers"), ui.seen().splitlines().index(line)
        await ui.pilot.click(offset=at)
        await ui.wait_for("[Schedulers]")
        await ui.wait_for("seasonal")


@pytest.mark.parametrize("key", ["f", "slash", "equals_sign"])
async def test_a_list_without_filters_says_so(server, equipped, key):
    async with interface(server.url) as ui:
        await ui.open("equipped")
        await command(ui, "failure-handlers")
        await ui.wait_for("retry")
        await ui.press(key)
        await ui.wait_for("Failure handlers have no filters.")


@pytest.mark.parametrize("size", [(60, 15), (80, 24)])
async def test_all_tabs_fit_where_there_is_little_room(server, equipped, size):
    async with interface(server.url, size) as ui:
        await ui.open("equipped")
        await ui.wait_for("1 job")
        line = next(each for each in ui.seen().splitlines() if "[Jobs]" in each)
        assert "Time" in line
        assert line.rstrip().endswith("1 job")
