"""Times and sizes as users write them."""

from __future__ import annotations

import pytest

from torc_core.errors import UsageError
from torc_core.hpc.profiles.needs import MEGABYTE, parse_walltime
from torc_core.units import parse_node_memory


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("4:00:00", 14_400),
        ("04:00:00", 14_400),
        ("2-00:00:00", 172_800),
        ("1-12", 129_600),
        ("30:00", 1_800),
        ("90", 5_400),
        ("2h", 7_200),
        ("30m", 1_800),
        ("3600s", 3_600),
        ("2d", 172_800),
        (" 2H ", 7_200),
        ("PT2H", 7_200),
        ("P1DT12H", 129_600),
    ],
)
def test_times_are_read_in_the_forms_of_slurm_and_of_torc(text, seconds):
    assert parse_walltime(text) == seconds


@pytest.mark.parametrize("text", ["", "0", "0h", "00:00:00", "soon", "2x", "1:2:3:4", "-1h", "2 h"])
def test_what_is_no_time_is_refused_with_the_forms_that_are(text):
    with pytest.raises(UsageError, match="is not a wall time") as caught:
        parse_walltime(text)
    assert "HH:MM:SS" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "megabytes"),
    [("512", 512), ("512m", 512), ("64g", 65_536), ("1T", 2**20), ("1024k", 1)],
)
def test_a_size_without_a_unit_is_in_megabytes(text, megabytes):
    assert parse_node_memory(text) == megabytes * MEGABYTE


def test_what_is_no_size_is_refused():
    with pytest.raises(UsageError, match="'64gb' is not a memory size"):
        parse_node_memory("64gb")
