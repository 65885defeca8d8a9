"""The log viewer follows a file that another process writes."""

from __future__ import annotations

from tui.driving import interface

from torc_core.model.artifact import File
from torc_core.model.workflow import WorkflowPatch
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
        await ui.press("n")
        await ui.wait_for("no match")
        await ui.press("w")
        await ui.wait_for("wrap on")
        await ui.press("q")
        await ui.wait_for("[Jobs]")


async def test_a_file_of_the_workflow_is_shown(server, client, make_workflow, tmp_path):
    path = tmp_path / "data.csv"
    path.write_text("a;b\n1;2\n")
    number = make_workflow("filed", 1)
    client.create_file(File(workflow_id=number, name="data", path=str(path)))
    async with interface(server.url) as ui:
        await ui.open("filed")
        await ui.press("tab")
        await ui.wait_for("[Files]")
        await ui.wait_for("1 file")
        await ui.press("enter")
        await ui.wait_for("file ▸ data ▸ contents")
        await ui.wait_for("1;2")


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
        assert "START" in ui.seen()
        await ui.press("right")
        assert "START" in ui.seen()


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
