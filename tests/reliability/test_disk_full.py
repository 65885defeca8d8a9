"""A few points at which the disk is full; `disk_full.py` tries as many as it is told."""

from __future__ import annotations

from reliability.disk_full import fill_disk


def test_a_server_survives_a_full_disk_and_recovers():
    tried = fill_disk(20)
    assert tried.problems == []
    assert tried.refused > 10
