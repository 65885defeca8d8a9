"""The log viewer follows a file that another process writes."""

from __future__ import annotations

import os

import pytest
from nodes import compute_node
from tui.driving import interface

from torc_core.model.artifact import File
from torc_core.model.job import Job
from torc_core.model.result import Result
from torc_core.model.workflow import Workflow, WorkflowPatch
from torc_core.runner.policy.output_paths import job_stdio


async def open_log(ui, name):
    await ui.open(name)
    await ui.wait_for("job_0")
    await ui.press("l")
    await ui.wait_for("follow on")


def log_of(client, number, tmp_path):
    job = client.list_jobs(number).items[0]
    path = tmp_path / f"{job_stdio('output', number, job.id, 0, 1)}.o"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


async def test_what_is_written_is_seen_until_one_moves_away(
    server, client, make_workflow, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    path = log_of(client, make_workflow("written", 1), tmp_path)
    path.write_text("".join(f"line {number}\n" for number in range(100)))
    async with interface(server.url) as ui:
        await open_log(ui, "written")
        await ui.wait_for("line 99")
        with path.open("a") as log:
            log.write("and more\n")
        await ui.wait_for("and more")
        await ui.press("g")
        await ui.wait_for("line 0")
        await ui.wait_for("follow off")
        with path.open("a") as log:
            log.write("unseen\n")
        await ui.press("j")
        await ui.wait_for("line 20")
        assert "unseen" not in ui.seen()
        await ui.press("G")
        await ui.wait_for("unseen")


async def test_what_is_said_late_of_a_copy_replaces_nothing_newer(
    server, client, make_workflow, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    log_of(client, make_workflow("said", 1), tmp_path).write_text("line\n")
    async with interface(server.url) as ui:
        await open_log(ui, "said")
        ui.screen.tell("sent")
        ui.screen.tell("sent; all in a file", instead_of="sent")
        await ui.wait_for("sent; all in a file")
        ui.screen.tell("newer")
        ui.screen.tell("late", instead_of="sent; all in a file")
        await ui.wait_for("newer")


async def test_a_log_that_is_not_there_yet_appears(
    server, client, make_workflow, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    path = log_of(client, make_workflow("late", 1), tmp_path)
    async with interface(server.url) as ui:
        await open_log(ui, "late")
        await ui.wait_for("no output yet")
        path.write_text("here I am\n")
        await ui.wait_for("here I am")


async def test_searching_shows_the_match_and_says_when_there_is_none(
    server, client, make_workflow, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    path = log_of(client, make_workflow("searched", 1), tmp_path)
    path.write_text("".join(f"line {number}\n" for number in range(70_000)))
    async with interface(server.url) as ui:
        await open_log(ui, "searched")
        await ui.wait_for("line 69999")
        await ui.press("g", "slash")
        await ui.type("LINE 65432")
        await ui.press("enter")
        await ui.wait_for("line 65,433")
        await ui.wait_for("match 1 of 1")
        await ui.press("n")
        await ui.wait_for("no match for LINE 65432 below, 1 in all")
        await ui.press("w")
        await ui.wait_for("wrap on")
        await ui.press("q")
        await ui.wait_for("[Jobs]")


async def test_a_file_of_the_workflow_is_shown_from_its_beginning(
    server, client, make_workflow, tmp_path
):
    path = tmp_path / "data.csv"
    path.write_text("a;b\n1;2\n" + "".join(f"{n};{n}\n" for n in range(100)))
    number = make_workflow("filed", 1)
    client.create_file(File(workflow_id=number, name="data", path=str(path)))
    async with interface(server.url) as ui:
        await ui.open("filed")
        await ui.press("tab")
        await ui.wait_for("[Files]")
        await ui.wait_for("1 file")
        await ui.press("enter")
        await ui.wait_for("file ▸ data ▸ contents")
        await ui.wait_for("a;b")
        await ui.wait_for("1;2")
        await ui.wait_for("follow off")
        assert "out/err" not in ui.seen()
        await ui.press("tab", "left_curly_bracket")
        await ui.wait_for("There is no older attempt.")
        await ui.wait_for("a;b")
        path.unlink()
        await ui.wait_for("it was deleted; this is what it held")
        await ui.press("q")
        await ui.wait_for("[Files]")
        await ui.press("enter")
        await ui.wait_for("There is no such file")
        path.mkdir()
        await ui.wait_for("Is a directory")


async def test_a_binary_file_is_shown_as_a_hex_dump(server, client, make_workflow, tmp_path):
    path = tmp_path / "data.bin"
    path.write_bytes(bytes(range(256)) * 20)
    number = make_workflow("binary", 1)
    client.create_file(File(workflow_id=number, name="data", path=str(path)))
    async with interface(server.url) as ui:
        await ui.open("binary")
        await ui.press("tab")
        await ui.wait_for("1 file")
        await ui.press("enter")
        await ui.wait_for("00000000  00 01 02")
        await ui.wait_for("x hex")
        await ui.press("x")
        await ui.wait_for(lambda: "00000000" not in ui.seen())
        await ui.press("x")
        await ui.wait_for("00000000  00 01 02")


async def open_failed(ui, client, number, tmp_path, *, out, err):
    """Let the job fail with this output, and open it."""
    job = client.list_jobs(number).items[0]
    stem = tmp_path / job_stdio("output", number, job.id, 0, 1)
    stem.parent.mkdir(parents=True, exist_ok=True)
    stem.with_suffix(".o").write_text(out)
    stem.with_suffix(".e").write_text(err)
    add_result(client, job, 0, 1, status="failed")
    await ui.open("failed")
    await ui.wait_for("job_0")
    await ui.press("l")


def add_result(client, job, run, attempt, *, status):
    node = client.create_compute_node(
        compute_node(
            workflow_id=job.workflow_id, hostname="n1", start_time="2026-03-01T11:00:00.000Z"
        )
    )
    client.create_result(
        Result(
            job_id=job.id, workflow_id=job.workflow_id, run_id=run, attempt_id=attempt,
            compute_node_id=node.id, return_code=1, exec_time_minutes=1.0,
            completion_time="2026-03-01T12:00:00.000Z", status=status,
        )
    )  # fmt: skip


NOISE = "".join(f"step {number}\n" for number in range(500))


@pytest.mark.parametrize(
    "case",
    [
        (
            NOISE,
            "torc: The job exited with 0 but did not write its output file result.\n",
            ["first error: Output file not written", "did not write its output file"],
        ),
        (
            NOISE,
            NOISE + "Traceback (most recent call last):\n" + NOISE + "ValueError: bad\n",
            ["first error: Python traceback", "step 496", "Traceback (most", "step 0"],
        ),
        (NOISE + "ERROR: too hot\n" + NOISE, "", ["ERROR: too hot", "first error: Error message"]),
        (NOISE, "give up\n", ["give up"]),
        (NOISE, "", ["step 499", "follow on"]),
    ],
    ids=["missing output", "traceback", "in stdout", "unknown", "silent"],
)
async def test_a_failed_job_is_opened_where_it_says_why(
    server, client, make_workflow, tmp_path, monkeypatch, case
):
    out, err, seen = case
    monkeypatch.chdir(tmp_path)
    number = make_workflow("failed", 1)
    async with interface(server.url) as ui:
        await open_failed(ui, client, number, tmp_path, out=out, err=err)
        for text in seen:
            await ui.wait_for(text)


async def test_the_output_of_every_attempt_is_shown(
    server, client, make_workflow, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    number = make_workflow("failed", 1)
    job = client.list_jobs(number).items[0]
    for attempt in (1, 2):
        add_result(client, job, 1, attempt, status="failed")
        path = tmp_path / f"{job_stdio('output', number, job.id, 1, attempt)}.o"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"output of {attempt}\n")
    async with interface(server.url) as ui:
        await ui.open("failed")
        await ui.wait_for("job_0")
        await ui.press("l")
        await ui.wait_for("output of 2")
        await ui.wait_for("{ older  } newer")
        await ui.press("left_curly_bracket")
        await ui.wait_for("output of 1")
        await ui.wait_for("attempt 1")
        await ui.press("right_curly_bracket")
        await ui.wait_for("output of 2")


async def test_only_lines_that_hold_a_text_are_shown(
    server, client, make_workflow, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    path = log_of(client, make_workflow("filtered", 1), tmp_path)
    path.write_text("".join(f"line {number}\n" for number in range(1000)))
    async with interface(server.url) as ui:
        await open_log(ui, "filtered")
        await ui.wait_for("line 999")
        await ui.press("g", "ampersand")
        await ui.type("LINE 99")
        await ui.press("enter")
        await ui.wait_for("11 lines have LINE 99")
        assert "line 98\n" not in ui.seen()
        with path.open("a") as log:
            log.write("line 99 again\n")
        await ui.wait_for("12 lines have LINE 99")
        await ui.wait_for("line 99 again")
        await ui.press("ampersand", "backspace", "enter")
        await ui.wait_for("line 17")
        assert "lines have" not in ui.seen()


async def test_what_is_written_after_a_mark_is_behind_it(
    server, client, make_workflow, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    path = log_of(client, make_workflow("marked", 1), tmp_path)
    path.write_text("before\n")
    async with interface(server.url) as ui:
        await open_log(ui, "marked")
        await ui.wait_for("before")
        await ui.press("m")
        await ui.wait_for("─────")
        with path.open("a") as log:
            log.write("after\n")
        await ui.wait_for("after")
        lines = ui.seen().splitlines()
        assert [line.split()[0] for line in lines[1:4]] == ["before", "──", "after"]


async def test_a_pipe_in_place_of_a_log_stops_nothing(
    server, client, make_workflow, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    os.mkfifo(log_of(client, make_workflow("piped", 1), tmp_path))
    async with interface(server.url) as ui:
        await open_log(ui, "piped")
        await ui.wait_for("Is a pipe or a device, not a file")
        await ui.press("e")
        await ui.wait_for("There is no file to open.")
        await ui.press("q")
        await ui.wait_for("[Jobs]")


async def test_a_wrapped_line_is_seen_from_its_start(
    server, client, make_workflow, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    path = log_of(client, make_workflow("wide", 1), tmp_path)
    path.write_text("START" + "." * 35 + "MIDDLE" + "." * 100 + "END\n")
    async with interface(server.url) as ui:
        await open_log(ui, "wide")
        await ui.wait_for("START")
        await ui.press("right")
        await ui.wait_for(lambda: "START" not in ui.seen())
        assert ui.seen().splitlines()[1].startswith("MIDDLE")
        await ui.press("right", "right", "w")
        await ui.wait_for("END")
        await ui.wait_for("START")
        await ui.press("right")
        await ui.wait_for("START")


PROGRESS = (
    "\r\x1b[K 10% 1.2 MB/s\r\x1b[K100% done\n"
    "see \x1b]8;;https://example.org\x1b\\-Wunused\x1b]8;;\x1b\\\n"
    "\x1b[01m\x1b[Kfoo.c:1:2:\x1b[m\x1b[K \x1b[01;31m\x1b[Kerror: \x1b[m\x1b[Kbad\n"
    "\x1b]0;title\x07\x1b[?25lnot a title\x1b[?25h\n"
    "نمی\u200cشود\n"
)


async def test_a_log_is_shown_as_in_a_terminal(
    server, client, make_workflow, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    path = log_of(client, make_workflow("colored", 1), tmp_path)
    path.write_text(PROGRESS + "\x1b[3")
    async with interface(server.url) as ui:
        await open_log(ui, "colored")
        await ui.wait_for("not a title")
        seen = ui.seen()

    for line in ("100% done", "see -Wunused", "foo.c:1:2: error: bad", "نمی\u200cشود"):
        assert line in seen
    for hidden in ("10% 1.2", "example.org", "[K", "]0;", "\N{SYMBOL FOR ESCAPE}"):
        assert hidden not in seen


async def test_a_job_whose_output_is_combined_has_one_file(
    server, client, make_workflow, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    number = make_workflow("combined", 1)
    stdio = WorkflowPatch(execution_config={"stdio": {"mode": "combined"}})
    client.update_workflow(number, stdio)
    log_of(client, number, tmp_path).with_suffix(".log").write_text("both\n")
    async with interface(server.url) as ui:
        await open_log(ui, "combined")
        await ui.wait_for("both")
        assert "stderr" not in ui.seen()


async def test_output_that_is_not_kept_is_not_looked_for(
    server, client, make_workflow, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    number = make_workflow("discarded", 1)
    client.update_workflow(number, WorkflowPatch(execution_config={"stdio": {"mode": "none"}}))
    async with interface(server.url) as ui:
        await open_log(ui, "discarded")
        await ui.wait_for("the output of this job is not kept")
        assert "no output yet" not in ui.seen()
        await ui.press("tab", "p", "q")
        await ui.wait_for("[Jobs]")


async def test_what_a_screen_still_waits_for_ends_as_it_is_left(server, make_workflow):
    make_workflow("left", 1)
    async with interface(server.url) as ui:
        await open_log(ui, "left")
        screen = ui.screen
        waiting = [worker for worker in ui.app.workers if worker.node is screen]
        assert waiting
        ui.screen.dismiss()
        assert all(worker.is_cancelled for worker in waiting)
        await ui.wait_for("[Jobs]")


async def test_why_there_is_no_file_is_seen_in_full(make_server):
    own = make_server()
    client = own.client()
    number = client.create_workflow(Workflow(name="narrow", user="tester")).id
    client.create_jobs([Job(workflow_id=number, name="only", command="true")])
    async with interface(own.url, (60, 15)) as ui:
        await ui.open("narrow")
        await ui.wait_for("only")
        await ui.stop_refreshing()
        own.kill()
        await ui.press("l")
        await ui.wait_for("No torc server answers")
        await ui.wait_for("refused.")
