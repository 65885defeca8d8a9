"""What the interface itself writes is seen the same through the driver, frame by frame."""

from __future__ import annotations

import re

import pytest
from tui.emulator import Terminal

from torc_tui.driver.screen import Screen

TEXTUAL_DRIVER = "textual.drivers.linux_driver:LinuxDriver"
LEAVING = "\x1b[?2004l"
_FRAME = re.compile(r"(?:\x1b\[\d+;\d+H|[^\x1b]|\x1b(?!\[\d+;\d+H))+?(?=\x1b\[1;1H|\Z)", re.DOTALL)
KEYS = ("\r", "j", "\t", "\t", "?", "q", "\t", "c", "n", "G")


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (160, 48)])
@pytest.mark.parametrize("far", [False, True], ids=["true color", "16 colors"])
def test_what_textual_writes_is_seen_the_same(start_tui, server, make_workflow, columns, rows, far):
    make_workflow("recorded ○ 日本", 30, job_name="job_{} 한국 é")
    environ = {"TEXTUAL_DRIVER": TEXTUAL_DRIVER} | ({"SSH_TTY": "/dev/pts/1"} if far else {})
    recorded = start_tui(server.url, columns, rows, **environ)
    recorded.wait_for("recorded", "●")
    for key in KEYS:
        recorded.send(key)
        recorded.wait_for_silence(0.5)
    recorded.end()

    screen = Screen(columns, rows, erases_in_color=True)
    plain, sparing = Terminal(columns, rows), Terminal(columns, rows)
    written = sent = 0
    whole, _, _ = recorded.output.decode().replace("\r\n", "\n").partition(LEAVING)
    for frame in _FRAME.findall(whole):
        screen.write(frame)
        data = screen.take()
        plain.write(frame)
        sparing.write(data)
        assert sparing.cells == plain.cells, f"after {written} of {len(whole)} characters"
        written, sent = written + len(frame), sent + len(data)
    assert written == len(whole)
    assert sent < written / 4
