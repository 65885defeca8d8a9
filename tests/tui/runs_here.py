"""Workflows for runs on this machine, created as a user of the interface does."""

from __future__ import annotations

from torc_tui.screens.dialogs.confirm import Confirm

FALLS = """
name: falls
resource_requirements:
  - {name: small, num_cpus: 1, memory: 50m, runtime: PT5M}
jobs:
  - name: big
    command: "[ -e tried ] || { touch tried; exit 137; }"
    resource_requirements: small
  - {name: after, command: "true", depends_on: [big], resource_requirements: small}
  - {name: bug, command: "exit 3", resource_requirements: small}
"""
ENDLESS = """
name: endless
jobs: [{name: long, command: "sleep 600"}]
"""


async def create(ui, directory, spec):
    """Create a workflow from a file, and go into it."""
    path = directory / "spec.yaml"
    path.write_text(spec)
    await ui.press("n")
    await ui.type(str(path))
    await ui.press("enter")
    await ui.wait_for(lambda: isinstance(ui.screen, Confirm))


async def run(ui, directory, spec):
    """Create a workflow from a file, and run it in the background."""
    await create(ui, directory, spec)
    await ui.press("y")
