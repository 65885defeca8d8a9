"""A small storm; `storm.py` lets as large ones rage as it is told."""

from __future__ import annotations

from reliability.storm import Storm


def test_kills_of_servers_and_runners_lose_and_double_nothing(tmp_path):
    storm = Storm(tmp_path, jobs=600, kills=6, seed=1)
    try:
        report = storm.run()
    finally:
        storm.close()
    assert report.problems == []
    assert report.kills["runner"]
    assert report.kills.total() > report.kills["runner"]
