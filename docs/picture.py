"""Draw the picture of the README: the real interface on a real server, in the middle of a run.

python docs/picture.py
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import threading
from pathlib import Path

os.environ["TEXTUAL_ANIMATIONS"] = "none"

from textual.pilot import Pilot

from torc_core.host.connect import Choice, connect
from torc_core.host.embedded_server import stop_server
from torc_core.model.ids import WorkflowId
from torc_core.operations.definition.create import create_workflow
from torc_core.operations.lifecycle.initialize import initialize_workflow
from torc_core.runner.policy.options import RunnerOptions
from torc_core.runner.runner import Runner
from torc_core.spec import parse_workflow
from torc_tui.app import TorcApp

PICTURE = Path(__file__).parent / "images" / "jobs.svg"
SIZE = (110, 30)
SWEEP = """
name: climate-ensemble
jobs:
- {name: fetch, command: 'echo forcing data'}
- name: 'train_seed_{i:03d}'
  command: 'sleep 0.6; [ {i} != 7 ]'
  depends_on: [fetch]
  parameters: {i: '1:60'}
- {name: evaluate, command: 'echo done', depends_on_regexes: ['^train_']}
"""


async def draw(workflow_id: int, choice: Choice) -> None:
    """Open the interface on the workflow and write what it shows."""
    app = TorcApp(
        lambda: connect(choice), user="ann", run_options=RunnerOptions(workflow_id=WorkflowId(0))
    )
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, "climate-ensemble")
        await pilot.press("enter")
        await until(pilot, "✗ failed")
        await pilot.press("3", "3")
        await until(pilot, "running", "Status")
        PICTURE.write_text(app.export_screenshot(title=f"torc · workflow {workflow_id}"), "utf-8")


async def until(pilot: Pilot[None], *texts: str) -> None:
    """Wait until the screen shows all of these, for half a minute at most."""
    wanted = [text.replace(" ", "&#160;") for text in texts]
    async with asyncio.timeout(30):
        while not all(text in pilot.app.export_screenshot() for text in wanted):
            await pilot.pause(0.1)


def main() -> None:
    """Make the workflow, run it in a thread, and draw."""
    with tempfile.TemporaryDirectory() as place:
        os.environ["XDG_STATE_HOME"] = f"{place}/state"
        os.chdir(place)
        choice = Choice(user="ann")
        client = connect(choice).client
        spec = parse_workflow(SWEEP, format="yaml", source="sweep.yaml")
        workflow_id = create_workflow(client, spec, user="ann")
        initialize_workflow(client, workflow_id)
        runner = Runner(client, RunnerOptions(workflow_id=workflow_id, max_parallel_jobs=4))
        running = threading.Thread(target=runner.run)
        running.start()
        try:
            asyncio.run(draw(workflow_id, choice))
        finally:
            runner.stop()
            runner.stop()
            running.join()
            stop_server()


if __name__ == "__main__":
    main()
