"""No more is on its way to a slow terminal than arrives soon, and a fast one is kept busy."""

from __future__ import annotations

from collections import deque

import pytest

from torc_tui.driver.flow import Flow


class Line:
    """A line with a rate and a delay, and all the buffers one fears."""

    def __init__(self, rate: float, delay_s: float) -> None:
        self.now_s = 0.0
        self._rate, self.delay_s = rate, delay_s
        self._free_at_s = 0.0
        self._answers: deque[float] = deque()
        self.flow = Flow(0.0)
        self.sent = 0
        self.worst_s = 0.0

    def send(self, wanted: int) -> None:
        """Send what may be sent of so many bytes."""
        budget = self.flow.budget(self.now_s)
        size = wanted if budget is None else min(wanted, max(budget, 0))
        if not size and not self.flow.is_owed_a_question:
            return
        if self.flow.ask_ahead(self.now_s):
            self._answers.append(max(self._free_at_s, self.now_s) + self.delay_s)
        self._free_at_s = max(self._free_at_s, self.now_s) + size / self._rate
        self.worst_s = max(self.worst_s, self._free_at_s - self.now_s)
        self.sent += size
        if self.flow.send(size, self.now_s):
            self._answers.append(self._free_at_s + self.delay_s)

    def pass_time(self, seconds: float) -> None:
        """Let time pass, and answers arrive."""
        until_s = self.now_s + seconds
        while self._answers and self._answers[0] <= until_s:
            self.now_s = self._answers.popleft()
            self.flow.answer(self.now_s)
        self.now_s = until_s


def begun(rate: float, delay_s: float) -> Line:
    line = Line(rate, delay_s)
    line.send(100)
    line.pass_time(delay_s + 0.2)
    for _ in range(400):  # what is needed to find out
        line.send(1 << 20)
        line.pass_time(0.02)
    line.sent, line.worst_s = 0, 0.0
    return line


@pytest.mark.parametrize("rate", [1_000, 2_000, 10_000, 100_000])
@pytest.mark.parametrize("delay_s", [0.001, 0.05, 0.3])
def test_what_is_on_its_way_arrives_within_a_second(rate, delay_s):
    line = begun(rate, delay_s)
    for _ in range(500):
        line.send(8_000)
        line.pass_time(0.02)

    assert line.worst_s < 0.6
    assert line.sent > 0.4 * rate * 10
    assert rate / 3 < line.flow.rate < rate * 3


def test_a_fast_line_with_a_long_delay_is_not_slowed_down():
    line = begun(10_000_000, 0.2)
    for _ in range(50):
        line.send(12_000)
        line.pass_time(0.1)

    assert line.sent > 0.9 * 50 * 12_000


@pytest.mark.parametrize("kept_waiting_s", [0.0, 0.03, 0.06])
def test_small_pieces_on_a_fast_line_are_not_taken_for_a_slow_one(kept_waiting_s):
    line = begun(10_000_000, 0.05)
    for turn in range(200):
        line.send(300)
        line.pass_time(0.05 + kept_waiting_s * (turn % 7) / 7)

    assert line.flow.rate > 64_000


@pytest.mark.parametrize("rate", [1_000, 2_000, 10_000])
@pytest.mark.parametrize("delay_s", [0.001, 0.05, 0.3])
def test_a_slow_line_is_known_after_a_few_pieces_with_pauses(rate, delay_s):
    line = Line(rate, delay_s)
    for size in (100, 1_400, 300, 2_000, 200, 2_000):
        line.send(size)
        line.pass_time(5)

    assert rate / 2 < line.flow.rate < rate * 1.5


def test_the_time_of_an_empty_line_is_measured_again():
    line = begun(10_000_000, 0.01)
    line.delay_s = 0.5  # as when another network is used
    for _ in range(10):
        line.send(4_000)
        line.pass_time(10)

    assert line.flow.rate > 64_000


def test_a_terminal_that_does_not_answer_is_sent_all_after_a_moment():
    flow = Flow(0.0)
    assert flow.send(100, 0.0)
    assert flow.budget(0.1) == 4096 - 100
    assert 0 < flow.wakes_in_s(0.1) <= 0.1
    assert flow.budget(0.3) is None
    assert flow.wakes_in_s(0.3) is None
    assert not flow.send(100_000, 0.3)
    assert not flow.is_waiting


def test_one_that_answers_late_is_asked_for_what_was_sent_meanwhile():
    flow = Flow(0.0)
    flow.send(100, 0.0)
    flow.send(50_000, 0.4)
    flow.answer(0.5)
    assert flow.is_owed_a_question
    assert flow.budget(0.5) < 0
    assert flow.send(0, 0.5)
    flow.answer(3.0)
    assert flow.budget(3.0) > 0


def test_one_that_answers_no_more_is_not_waited_for():
    flow = Flow(0.0)
    flow.send(100, 0.0)
    flow.answer(0.1)
    flow.send(4_000, 0.2)
    assert flow.is_waiting
    flow.give_up_lost(1.0)
    assert flow.is_waiting
    flow.give_up_lost(0.2 + flow.wakes_in_s(0.2))
    assert not flow.is_waiting
    assert flow.budget(30.0) is None
