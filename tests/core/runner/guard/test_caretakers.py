"""Caretakers are started again when they die, later each time, and not for ever."""

from __future__ import annotations

import os
import select

from torc_core.runner.guard.caretakers import MOST, Caretakers


def start_and_wait(caretakers):
    """Start one, which ends at once, as its directory holds no record."""
    end = caretakers.start()
    if end is None:
        return False
    try:
        return bool(select.select([end], [], [], 60)[0])
    finally:
        os.close(end)


def test_so_many_are_started_and_then_the_next_runner_is_waited_for(tmp_path):
    caretakers = Caretakers("torc-guard-test", tmp_path)
    delays = []
    for _ in range(MOST):
        delays.append(caretakers.delay_s)
        assert start_and_wait(caretakers)
    assert caretakers.start() is None
    assert delays == [1.5, 3.0, 6.0, 12.0, 24.0]
    caretakers.reset()
    assert caretakers.delay_s == 1.5
    assert start_and_wait(caretakers)
