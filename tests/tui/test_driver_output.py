"""What writes to the terminal never waits, and what is sent is always the newest."""

from __future__ import annotations

import os
import threading

import pytest
from tui.emulator import Terminal
from waiting import wait_for

from torc_tui.driver.output import Output, write_all
from torc_tui.driver.screen import Screen

ENTER, LEAVE = "\x1b[?1049h", "\x1b[?1049l"
ERASE = "\x1b[H\x1b[2J"


class Line:
    """A terminal line that can be held up, or lost."""

    def __init__(self) -> None:
        self.is_free = threading.Event()
        self.is_free.set()
        self.is_lost = False
        self.sent = b""

    def send(self, data: bytes) -> None:
        self.is_free.wait()
        if self.is_lost:
            raise OSError(5, "the terminal is gone")
        self.sent += data


class Faulty(Screen):
    """A screen with a fault."""

    def write(self, data: str) -> None:
        super().write(data)
        if "fault" in data:
            raise IndexError(data)


@pytest.fixture
def line():
    return Line()


def opened(line: Line, screen: Screen | None = None, failures: list[Exception] | None = None):
    fail = [].append if failures is None else failures.append
    output = Output(screen or Screen(40, 10), line.send, "utf-8", fail)
    output.start()
    output.write(ENTER)
    wait_for(lambda: line.sent, "the first bytes")
    return output


def test_frames_that_a_busy_line_cannot_take_are_left_out(line):
    output = opened(line)
    line.is_free.clear()
    for number in range(5_000):
        output.write(f"\x1b[1;1Hframe {number}\x1b[1;1H")
    line.is_free.set()
    wait_for(lambda: b"4999" in line.sent, "the last frame")
    output.write(LEAVE)
    output.close()
    terminal = Terminal(40, 10)
    terminal.receive(line.sent.partition(f"{ERASE}{LEAVE}".encode())[0])

    assert terminal.display[0].rstrip() == "frame 4999"
    assert len(line.sent) < 1_000


def test_what_cannot_be_worked_out_is_sent_as_it_comes_and_said(line):
    failures: list[Exception] = []
    output = opened(line, Faulty(40, 10), failures)
    output.write("\x1b[1;1Hfault")
    output.write("\x1b[2;1Hafter\x1b[2;1Hafter")
    output.write(LEAVE)
    output.close()

    assert [type(each) for each in failures] == [IndexError]
    assert line.sent.endswith(f"\x1b[2;1Hafter\x1b[2;1Hafter{LEAVE}".encode())


def test_a_terminal_that_is_gone_is_not_waited_for(line):
    output = opened(line)
    line.is_lost = True
    output.write("\x1b[1;1Hlost")
    output.ask_no_more()
    output.close()


def test_a_terminal_that_others_made_non_blocking_gets_everything():
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    data = bytes(range(256)) * 4096  # more than a pipe holds
    thread = threading.Thread(target=write_all, args=(writing, data))
    thread.start()
    with os.fdopen(reading, "rb") as received:
        got = received.read(len(data))
    thread.join()
    os.close(writing)

    assert got == data
