"""Several logs are one file: lines as they come, each behind the name of its job."""

from __future__ import annotations

import os
import re

from tui.driving import interface
from tui.runs_here import run

from torc_tui.state.logs.files.local import source_of
from torc_tui.state.logs.files.merged import Merged, MergedSource, Part

_COLORS = re.compile(r"\x1b\[[0-9;]*m")


def parts(directory, *names):
    return tuple(Part(name, source_of(directory / name)) for name in names)


def lines(content) -> list[str]:
    content.state()
    while not content.is_complete:
        content.advance()
    text = content.read(0, content.size).decode()
    return _COLORS.sub("", text).splitlines()


def test_lines_come_in_the_order_in_which_they_are_written(tmp_path):
    for moment, name in enumerate(["b", "a"]):
        (tmp_path / name).write_text(f"old {name}\n")
        os.utime(tmp_path / name, (moment, moment))
    content = MergedSource(parts(tmp_path, "a", "b", "later")).open()

    assert lines(content) == ["b     │ old b", "a     │ old a"]

    for name, text in (("a", "one\ntw"), ("later", "first\n"), ("a", "o\n"), ("b", "end\n")):
        with (tmp_path / name).open("a") as file:
            file.write(text)
        lines(content)

    assert lines(content)[2:] == [
        "a     │ one", "later │ first", "a     │ two", "b     │ end"
    ]  # fmt: skip
    content.close()


def test_what_is_written_over_does_not_cover_the_name(tmp_path):
    (tmp_path / "bar").write_bytes(b" 10%\r 90%\r\x1b[2K100%\r\nup\x1b[3A\x1b[1Gx\n")
    content = MergedSource(parts(tmp_path, "bar")).open()

    assert lines(content) == ["bar │ 100%", "bar │ upx"]
    content.close()


def test_a_line_that_does_not_end_is_shown_after_some_looks(tmp_path):
    (tmp_path / "a").write_text("Killed")
    content = MergedSource(parts(tmp_path, "a")).open()

    for _ in range(4):
        lines(content)

    assert lines(content) == ["a │ Killed"]
    content.close()


def test_of_large_logs_the_ends_are_taken_from_whole_lines_on(tmp_path):
    for name in "ab":
        (tmp_path / name).write_text("".join(f"{number:09}\n" for number in range(400_000)))
    content = Merged(parts(tmp_path, "a", "b"))

    shown = lines(content)

    assert len(shown) < 500_000
    assert {line[4:] for line in shown} <= {f"{number:09}" for number in range(400_000)}
    assert shown.count("a │ 000399999") == shown.count("b │ 000399999") == 1
    content.close()


def test_a_log_that_is_cut_begins_anew(tmp_path):
    (tmp_path / "a").write_text("one\ntwo\n")
    content = MergedSource(parts(tmp_path, "a")).open()
    assert lines(content) == ["a │ one", "a │ two"]

    (tmp_path / "a").write_text("3\n")

    assert lines(content) == ["a │ one", "a │ two", "a │ 3"]
    content.close()


TWO = """
name: two
jobs:
  - {name: first, command: "echo one; until [ -e go ]; do sleep 0.1; done; echo three >&2"}
  - {name: second, command: "echo two"}
"""


async def test_marked_jobs_are_followed_together(server, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    async with interface(server.url, (100, 30)) as ui:
        await run(ui, tmp_path, TWO)
        await ui.wait_for("second")
        await ui.press("asterisk")
        await ui.wait_for("2 marked")
        await ui.press("L")
        await ui.wait_for("log ▸ 2 jobs")
        await ui.wait_for("first      │ one")
        await ui.wait_for("second     │ two")
        (tmp_path / "go").touch()
        await ui.wait_for("first err  │ three")
        await ui.press("y")
        await ui.wait_for("There is no single file here.")
