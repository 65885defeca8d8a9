"""A server that is killed and comes back, whatever is on the screen meanwhile."""

from __future__ import annotations

import pytest
from tui.driving import interface

from torc_core.errors import AccessError, MachineError
from torc_core.host.connect import Connection
from torc_core.model.job import Job
from torc_core.model.workflow import Workflow

INSIDE = "right"
WAYS = {
    "list": (),
    "jobs": (INSIDE,),
    "files": (INSIDE, "tab"),
    "events": ("e",),
    "results": (INSIDE, "tab", "tab", "tab"),
    "nodes": (INSIDE, *["tab"] * 4),
    "runs": (INSIDE, *["tab"] * 5),
    "graph": (INSIDE, *["tab"] * 6),
    "details": (INSIDE, "enter"),
    "log": (INSIDE, "l"),
    "why": (INSIDE, "exclamation_mark"),
    "failures": ("F",),
    "plan of a recovery": ("v",),
    "help": ("question_mark",),
    "filter": ("f",),
    "server": ("u",),
    "servers": ("at",),
    "user": ("w",),
    "cancel": ("C",),
    "delete": ("d",),
    "initialize": ("i",),
    "new": ("n",),
    "wizard": ("m",),
}
"""Keys that bring something on the screen."""
QUESTIONS = "Cdi"
AGREED = ("y",)
LOOKED = ("down", "up")


@pytest.mark.parametrize("keys", WAYS.values(), ids=WAYS)
async def test_a_server_may_vanish_and_come_back_on_any_screen(make_server, keys):
    own = make_server()
    client = own.client()
    number = client.create_workflow(Workflow(name="lonely", user="tester")).id
    client.create_jobs([Job(workflow_id=number, name="only", command="true")])
    client.initialize_jobs(number)
    async with interface(own.url) as ui:
        await ui.wait_for("lonely")
        for key in keys:
            await ui.press(key)
        await ui.rest()
        own.kill()
        await ui.press(*(AGREED if keys and keys[-1] in QUESTIONS else LOOKED))
        for _ in range(5):
            await ui.press("escape")
        await ui.wait_for(lambda: len(ui.app.screen_stack) == 1)
        await ui.press("r")
        await ui.wait_for("no answer from")
        assert "Traceback" not in ui.seen()
        assert ui.app.failure is None
        own.start()
        await ui.wait_for(lambda: ui.board.requests.is_up)
        await ui.wait_for(lambda: "no answer from" not in ui.seen())
        await ui.press("escape", "escape", "h")
        await ui.wait_for("lonely")


async def test_a_server_that_starts_late_is_asked_for_the_same_workflows(make_server):
    client = make_server().client()
    for user in ("tester", "another"):
        client.create_workflow(Workflow(name=f"of {user}", user=user))
    failures = iter([MachineError("It cannot be started yet."), AccessError("Not yet.")])

    def connect():
        for failure in failures:
            raise failure
        return Connection(client, is_embedded=False)

    async with interface("", connect=connect) as ui:
        await ui.wait_for("yet.")
        await ui.wait_for("of tester")
        assert "of another" not in ui.seen()
        assert "all users" not in ui.seen().splitlines()[0]
