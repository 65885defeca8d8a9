"""A small storm; `storm.py` lets larger ones rage."""

from __future__ import annotations

from reliability.storm import Storm


def test_kills_of_servers_and_runners_lose_and_double_nothing(tmp_path):
    storm = Storm(tmp_path, jobs=5000, kills=60, seed=1)
    try:
        report = storm.run()
    finally:
        storm.close()
    assert report.problems == []
    assert report.kills.total() >= 60
    for kind in ("runner", "runner, between lines", "server", "server, within a transaction"):
        assert report.kills[kind], report.kills
