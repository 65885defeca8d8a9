"""A few clients that follow events and read nothing; `stalled_streams.py` has as many as wanted."""

from __future__ import annotations

from reliability.stalled_streams import stall


def test_clients_that_read_nothing_harm_nobody(tmp_path):
    report = stall(tmp_path, stalled=20)
    assert report.problems == []
