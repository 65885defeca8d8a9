"""Every change of the journal of a guard and of a record, and a few cuts of the power."""

from __future__ import annotations

from reliability.file_points import cut_power, try_points


def test_what_was_acknowledged_survives_a_death_at_any_change():
    tried = try_points()
    assert tried.problems == []
    assert tried.points > 100


def test_a_full_disk_ends_neither_guard_nor_record():
    assert try_points(is_full=True).problems == []


def test_what_was_synced_survives_a_cut_of_the_power():
    assert cut_power(100, seed=3) == []
