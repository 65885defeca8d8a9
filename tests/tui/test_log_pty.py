"""The viewer of files in a real terminal: what it sends, opens, and takes of memory."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest
from tui.test_pty import HOSTILE
from waiting import wait_for

from torc_core.host.directories import state_directory
from torc_core.model.artifact import File

MOST_MEMORY = 120 << 20


@pytest.fixture
def open_file(start_tui, server, client, make_workflow):
    """Show a file of a workflow."""

    def open_(path, seen, size=(80, 24), **environ):
        number = make_workflow("files", 1)
        client.create_file(File(workflow_id=number, name="file", path=str(path)))
        screen = start_tui(server.url, *size, **environ)
        screen.wait_for("files")
        screen.send("\r")
        screen.wait_for("[Jobs]", "job_0")
        screen.send("\t")
        screen.wait_for("[Files]", "1 file")
        screen.send("\r")
        screen.wait_for("file ▸ file", *seen)
        return screen

    return open_


def test_lines_are_sent_to_the_clipboard_and_kept(open_file, tmp_path):
    path = tmp_path / "text"
    path.write_text("one\n\x1b[31mtwo\x1b[0m \x1b]52;c;AAAA\x07\n")
    screen = open_file(path, ["one", "two"])
    screen.send("Y")
    screen.wait_for("sent 2 lines to the clipboard; all in")
    sent = re.findall(rb"\x1b\]52;c;([^\x07]*)\x07", bytes(screen.output))

    assert [base64.b64decode(each) for each in sent] == [b"one\ntwo "]
    assert (state_directory() / "copied.txt").read_text() == "one\ntwo "


def test_a_pager_has_the_terminal_until_it_ends(open_file, tmp_path):
    path = tmp_path / "text"
    path.write_text("one\n")
    pager = tmp_path / "pager"
    pager.write_text('#!/bin/sh\necho "reading $1"; read line; echo "$line" > answer\n')
    pager.chmod(0o755)
    screen = open_file(path, ["one"], PAGER=str(pager))
    screen.send("e")
    screen.wait_for(f"reading {path}"[:60])
    screen.send("hello\r")
    screen.wait_for("one", "line 1", "e pager")

    assert (tmp_path / "answer").read_text() == "hello\n"
    screen.send("q")
    screen.wait_for("[Files]")


def test_a_log_commands_nothing(open_file, tmp_path):
    path = tmp_path / "text"
    path.write_text(HOSTILE.format("\x1b[?1049l\x1bc\x9b2J\x90x\x9c\x1b[5i") + "\nlast\n")
    screen = open_file(path, ["last", "OWNED"][:1])
    for keys, seen in (("w", "wrap on"), ("a", "plain"), ("x", "00000000"), ("x", "last")):
        screen.send(keys)
        screen.wait_for(seen)
    screen.wait_for_silence()
    written = bytes(screen.output).replace(b"\x1b]22;default\x07", b"").decode("utf-8", "replace")

    for forbidden in ("\x1b]0;", "\x1bc", "\x9b", "\x90", "\x07", "\x1b[5i", "\u202e"):
        assert forbidden not in written


def ask(screen, key, title, text):
    """Answer a question of the viewer."""
    screen.send(key)
    screen.wait_for(title, "Enter accept")
    screen.send(f"{text}\r")


def peak_memory(screen):
    status = Path(f"/proc/{screen.process.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) << 10


def huge(path):
    """Write 5 GiB: lines, one line of 1 GiB, and nothing but zeros, which take no room."""
    with path.open("wb") as file:
        file.write(b"first\n")
        file.seek(2 << 30)
        file.write(b"\nneedle one\n" + b"color\n" * 10_000)
        file.seek(3 << 30)
        file.write(b"x needle two\n")
        file.seek(5 << 30)
        file.write(b"\nlast\n")


@pytest.mark.timeout(1000)
def test_five_gigabytes_are_searched_and_counted_in_little_memory(open_file, tmp_path):
    path = tmp_path / "huge"
    huge(path)
    screen = open_file(path, ["00000000  66 69 72 73 74"])
    screen.patience_s = 400  # all of it is read several times
    screen.send("xG")
    screen.wait_for("last", "end")
    screen.send("g")
    ask(screen, "/", "Search", "needle")
    screen.wait_for("needle one", "match 1 of")
    ask(screen, "&", "Only lines", "needle")
    screen.wait_for("2 lines have needle   ", "x needle two")
    screen.send("qq")
    assert peak_memory(screen) < MOST_MEMORY


def test_a_key_does_not_wait_for_a_search(open_file, tmp_path):
    path = tmp_path / "huge"
    huge(path)
    screen = open_file(path, ["00000000  66 69 72 73 74"])
    screen.send("xg")
    ask(screen, "/", "Search", "nowhere")
    screen.wait_for("searching for nowhere")
    screen.type_ahead("G")
    screen.wait_for("last", gone="searching")
    screen.send("q")
    screen.wait_for("[Files]")


def test_a_log_that_grows_by_the_megabyte_is_followed(open_file, tmp_path):
    path = tmp_path / "growing"
    path.write_text("begin\n")
    screen = open_file(path, ["begin"])
    screen.send("G")
    with path.open("ab") as file:
        for piece in range(100):
            file.write(b"some text\n" * 100_000 + b"piece %d\n" % piece)
            screen.read(0.02)
    screen.wait_for("piece 99")
    path.unlink()
    screen.wait_for("it was deleted")
    path.write_text("again\n")
    screen.wait_for("again")
    wait_for(lambda: peak_memory(screen) > 0, "the memory")
    assert peak_memory(screen) < MOST_MEMORY
