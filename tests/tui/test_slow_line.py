"""On a slow line the interface goes on, leaves frames out, and answers keys soon."""

from __future__ import annotations

import sys
import time
from itertools import count
from pathlib import Path

import pytest
from tui.pty_screen import PtyScreen
from waiting import wait_for

from torc_core.runner.policy.output_paths import job_stdio

_PROGRAM = """
import sys
from textual.app import App
from textual.widgets import Static
from torc_tui.driver.driver import SparingDriver

class Painting(App):
    CSS = "Static { width: 100%; height: 100%; }"

    def compose(self):
        yield Static()

    def on_mount(self):
        self.frame = 0
        self.set_interval(0.1, self.paint)

    def paint(self):
        self.frame += 1
        seed = self.frame * 7919
        lines = [f"{self.frame} {y} " + f"{(seed + y) % 9973} " * 30 for y in range(48)]
        if self.frame == 70:
            lines[0] = "the last frame"
            self.set_timer(1, self.tell)
        if self.frame <= 70:
            self.query_one(Static).update("\\n".join(line[:159] for line in lines))

    def tell(self):
        open(sys.argv[1], "w").close()

Painting(driver_class=SparingDriver).run()
"""


def slow_screen(argv: list[str], cwd: Path, rate: float, size=(80, 24), **environ) -> PtyScreen:
    return PtyScreen(
        argv,
        columns=size[0],
        rows=size[1],
        environ={"PYTHONPATH": str(Path(__file__).parents[2]), **environ},
        cwd=cwd,
        bytes_per_s=rate,
    )


def test_the_event_loop_does_not_wait_for_the_line(tmp_path):
    program, told = tmp_path / "program.py", tmp_path / "told"
    program.write_text(_PROGRAM)
    screen = slow_screen([sys.executable, str(program), str(told)], tmp_path, 20_000, (160, 48))
    wait_for(told.exists, "all frames to be painted, though nothing reads them")
    screen.wait_for("the last frame")
    screen.end()
    screen.close()


@pytest.mark.parametrize(("rate", "most_s"), [(2_000, 1.0), (10_000, 0.5)])
def test_keys_are_answered_soon(server, client, make_workflow, tmp_path, rate, most_s):
    jobs = client.list_jobs(make_workflow("slow", 40), sort_by="id").items
    width = max(len("ID▼"), len(str(jobs[-1].id)))
    rows = [f"> {job.id:{width}}  {job.name} " for job in jobs]
    argv = [sys.executable, "-m", "torc_tui", "--url", server.url, "tui"]
    screen = slow_screen(argv, tmp_path, rate, SSH_CONNECTION="1.2.3.4 5 6.7.8.9 22")
    screen.wait_for("slow", "○ ready", "●")
    screen.send("\r")
    screen.wait_for("[Jobs]", "job_9", "l logs")
    screen.wait_for_silence()
    needed = {}
    for keys, seen in (
        ("j", rows[1]), ("jj", rows[3]), ("G", rows[39]), ("g", rows[0]),
        ("\t", "[Files]"), ("\t", "[Events]"), ("?", "Keys"), ("q", "[Events]"),
    ):  # fmt: skip
        screen.send(keys)
        needed[keys, seen] = took(screen, seen, rate)
        screen.wait_for_silence()
    screen.end()
    screen.close()

    assert max(needed.values()) < most_s, needed


def test_keys_are_answered_while_a_log_fills_the_line(server, client, make_workflow, tmp_path):
    number = make_workflow("talkative", 1)
    job = client.list_jobs(number).items[0]
    path = tmp_path / f"{job_stdio('output', number, job.id, 0, 1)}.o"
    path.parent.mkdir(parents=True)
    path.touch()
    argv = [sys.executable, "-m", "torc_tui", "--url", server.url, "tui"]
    screen = slow_screen(argv, tmp_path, 2_000, SSH_CONNECTION="1.2.3.4 5 6.7.8.9 22")
    screen.wait_for("talkative", "○ ready", "●")
    screen.send("\r")
    screen.wait_for("[Jobs]", "l logs")
    screen.send("l")
    screen.wait_for("follow on")
    with path.open("a", buffering=1) as log:
        for key, line in zip("ww\0g\0G\0\0", count(), strict=False):
            for each in range(100):
                log.write(f"{line} {each} {'all of these lines differ ' * 3}{each * 7919}\n")
            read_for(screen, 1.0)
            if key != "\0":
                screen.type_ahead(key)
                seen = {"w": ("wrap on", "wrap off")[line % 2], "g": "follow off"}
                assert took(screen, seen.get(key, "follow on"), 2_000) < 1.0
    screen.wait_for(f"{line} 99 all")
    screen.end()
    screen.close()


@pytest.mark.parametrize("rate", [2_000, 10_000])
def test_a_slow_line_is_noticed_and_spared(server, make_workflow, tmp_path, rate):
    make_workflow("unnoticed", 40)
    argv = [sys.executable, "-m", "torc_tui", "--url", server.url, "tui"]
    ssh = {"SSH_CONNECTION": "1.2.3.4 5 6.7.8.9 22", "TORC_CLIENT__TUI__LOW_BANDWIDTH": "auto"}
    screen = slow_screen(argv, tmp_path, rate, **ssh)
    screen.wait_for("unnoticed", "○ ready", "●")
    screen.send("\r")
    screen.wait_for("[Jobs]", "job_9", "l logs")
    for key, seen in zip("?q" * 10, ("Keys", "[Jobs]") * 10, strict=True):
        screen.send(key)
        screen.wait_for(seen)
        screen.wait_for_silence()
        if noticed := shows(screen, "slow line"):
            break
    lines = screen.lines
    screen.end()
    screen.close()

    assert noticed, lines


def read_for(screen: PtyScreen, seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        screen.read(0.02)


def took(screen: PtyScreen, seen: str, rate: float) -> float:
    """Return how long a line carries what comes until this is seen.

    How long a busy machine takes to make it says nothing of the line.
    """
    before = len(screen.output)
    screen.wait_for(seen)
    return (len(screen.output) - before) / rate


def shows(screen: PtyScreen, text: str) -> bool:
    words = text.split()  # columns between them vary
    return any(all(word in line.split() for word in words) for line in screen.lines)
