"""Schedulers whose allocations would wait for ever, since their partition gives less time."""

from __future__ import annotations

import pytest

from torc_core.operations.slurm.submission.time_limits import (
    TimeAsked,
    beyond_limits,
    default_partition,
    limits_of,
)

PARTITIONS = """\
PartitionName=short
   AllowGroups=ALL AllowAccounts=ALL AllowQos=ALL
   AllocNodes=ALL Default=NO QoS=N/A
   MaxNodes=UNLIMITED MaxTime=01:00:00 MinNodes=0 LLN=NO MaxCPUsPerNode=UNLIMITED

PartitionName=standard
   AllocNodes=ALL Default=YES QoS=N/A
   MaxNodes=UNLIMITED MaxTime=1-00:00:00 MinNodes=0

PartitionName=long
   AllocNodes=ALL Default=NO QoS=N/A
   MaxNodes=UNLIMITED MaxTime=UNLIMITED MinNodes=0
"""


def beyond(walltime: str, *partitions: str, default: str | None = "standard"):
    asked = TimeAsked(scheduler="s", partitions=partitions, walltime=walltime)
    return beyond_limits([asked], limits_of(PARTITIONS), default)


def test_the_limits_and_the_default_are_what_slurm_says():
    assert limits_of(PARTITIONS) == {"short": 3_600, "standard": 86_400}
    assert default_partition(PARTITIONS) == "standard"
    assert default_partition("") is None


@pytest.mark.parametrize(
    ("walltime", "partitions", "named"),
    [
        ("01:00:00", ("short",), None),
        ("01:01:00", ("short",), "short"),
        ("61", ("short",), "short"),
        ("01:01:00", ("short", "standard"), None),
        ("2-00:00:00", ("short", "standard"), "standard"),
        ("2-00:00:00", ("short", "long"), None),
        ("2-00:00:00", ("unknown",), None),
        ("23:00:00", (), None),
        ("2-00:00:00", (), "standard"),
        ("", (), None),
    ],
)
def test_a_walltime_is_beyond_the_limits_of_all_its_partitions_or_fine(walltime, partitions, named):
    assert [each.partition for each in beyond(walltime, *partitions)] == [named] * bool(named)


def test_where_the_site_chooses_the_partition_nothing_is_said():
    assert beyond("2-00:00:00", default=None) == ()


def test_schedulers_of_one_partition_are_one_warning():
    asked = [
        TimeAsked(scheduler=name, partitions=("short",), walltime="02:00:00") for name in "abc"
    ]
    (found,) = beyond_limits(asked, limits_of(PARTITIONS), None)

    assert 'The walltime of "a" and of 2 other schedulers' in found.sentence
    assert "the partition short allows, 1h 00m" in found.sentence
