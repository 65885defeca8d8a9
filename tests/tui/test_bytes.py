"""What the interface costs the line, in bytes: limits that no change may pass."""

from __future__ import annotations

import time
from itertools import count

import pytest
from tui.test_pty import open_jobs

from torc_core.model.status import JobStatus
from torc_core.runner.policy.output_paths import job_stdio

TRUE_COLOR = {"SSH_TTY": "", "SSH_CONNECTION": ""}
WATCHED_S = 6.0


@pytest.mark.parametrize(("size", "most"), [((80, 24), 12_000), ((160, 48), 40_000)])
def test_the_start(start_tui, server, make_workflow, size, most):
    make_workflow("started", 30)
    screen = start_tui(server.url, *size, **TRUE_COLOR)
    screen.wait_for("started", "○ ready", "●")
    screen.wait_for_silence()

    assert len(screen.output) < most


def test_each_tab(start_tui, server, make_workflow):
    make_workflow("tabbed", 30)
    screen = open_jobs(start_tui, server, (80, 24), **TRUE_COLOR)
    costs = []
    for _ in range(9):
        before = len(screen.output)
        screen.send("\t")
        screen.wait_for_silence()
        costs.append(len(screen.output) - before)

    assert max(costs) < 4096, costs


def test_three_rows_that_change_each_second(start_tui, server, client, make_workflow):
    number = make_workflow("changing", 30)
    screen = open_jobs(start_tui, server, (80, 24), **TRUE_COLOR)
    jobs = client.list_jobs(number, limit=12).items
    before, started = len(screen.output), time.monotonic()
    for second in count():
        for job in jobs[second % 4 * 3 :][:3]:
            status = (JobStatus.CANCELED, JobStatus.READY)[second // 4 % 2]
            client.manage_status_change(job.id, status, run_id=0)
        while time.monotonic() < started + second + 1:
            screen.read(0.05)
        if second + 1 >= WATCHED_S:
            break
    cost = len(screen.output) - before

    assert 0 < cost / WATCHED_S < 1024


def test_a_log_of_fifty_lines_per_second(start_tui, server, client, make_workflow, tmp_path):
    number = make_workflow("logged", 1)
    job = client.list_jobs(number).items[0]
    path = tmp_path / f"{job_stdio('output', number, job.id, 0, 1)}.o"
    path.parent.mkdir(parents=True)
    path.write_text("".join(f"{each}: as was written before\n" for each in range(100)))
    screen = open_jobs(start_tui, server, (80, 24), **TRUE_COLOR)
    screen.send("l")
    screen.wait_for("follow on", "99: as was")
    screen.wait_for_silence()
    before, started = len(screen.output), time.monotonic()
    with path.open("a", buffering=1) as log:
        for line in range(100, 100 + int(50 * WATCHED_S)):
            log.write(f"{line}: step {line} of 9999, loss {line * 7 % 1000 / 1000}, ok\n")
            while time.monotonic() < started + (line - 100) / 50:
                screen.read(0.02)
    cost = len(screen.output) - before

    assert 0 < cost / WATCHED_S < 6144
    screen.wait_for(f"{line}: step")
