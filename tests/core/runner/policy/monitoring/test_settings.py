import json

import pytest

from torc_core.runner.policy.monitoring.settings import OFF, Monitoring, read_monitoring

FLAT = [
    (None, Monitoring()),
    ("", Monitoring()),
    ({}, Monitoring()),
    ({"enabled": True}, Monitoring()),
    ({"enabled": False}, OFF),
    ({"enabled": False, "granularity": "time_series"}, OFF),
    ({"sample_interval_seconds": "2"}, Monitoring(interval_s=2.0)),
    ({"sample_interval_seconds": 0.0}, Monitoring(interval_s=0.1)),
    ({"granularity": "summary", "generate_plots": True}, Monitoring()),
    ({"granularity": "time_series"}, Monitoring(job_series=True, node_series=True)),
    ({"granularity": "TimeSeries"}, Monitoring(job_series=True, node_series=True)),
    ({"granularity": None, "sample_interval_seconds": None}, Monitoring()),
]
SECTIONS = [
    ({"jobs": {"enabled": True}}, Monitoring(node=False, interval_s=10.0)),
    (
        {"jobs": {"granularity": "time_series"}, "flush_interval_seconds": 300},
        Monitoring(job_series=True, node=False, interval_s=10.0, flush_s=300.0),
    ),
    (
        {
            "enabled": False,
            "granularity": None,
            "jobs": {"enabled": False, "granularity": "time_series"},
            "compute_node": {"enabled": True, "granularity": "time_series", "cpu": False},
            "sample_interval_seconds": 1,
        },
        Monitoring(jobs=False, node_series=True, node_cpu=False, interval_s=1.0),
    ),
    (
        {"enabled": True, "granularity": "time_series", "compute_node": {"memory": False}},
        Monitoring(job_series=True, node_memory=False, interval_s=10.0),
    ),
    (
        {"enabled": False, "compute_node": {"enabled": True}},
        Monitoring(jobs=False, interval_s=10.0),
    ),
    (
        {"enabled": True, "jobs": {"enabled": False}},
        Monitoring(jobs=False, node=False, interval_s=10.0),
    ),
]


@pytest.mark.parametrize(("config", "expected"), FLAT + SECTIONS)
def test_both_shapes_are_read_as_objects_and_as_text(config, expected):
    assert read_monitoring(config) == expected
    assert read_monitoring(json.dumps(config) if config else config) == expected


@pytest.mark.parametrize(
    "config",
    ["{", "[]", {"enabled": "perhaps"}, 7, {"jobs": True}, {"compute_node": {"cpu": 3}}],
)
def test_monitoring_that_makes_no_sense_is_an_error(config):
    with pytest.raises(ValueError, match=r".+"):
        read_monitoring(config)


@pytest.mark.parametrize("section", [{}, {"jobs": {}}, {"compute_node": {}}])
def test_an_unknown_granularity_is_named(section):
    for part in (section, *section.values()):
        part["granularity"] = "often"
    with pytest.raises(ValueError, match='"often"'):
        read_monitoring(section)


def test_only_what_is_measured_is_stored():
    assert Monitoring().is_on
    assert not Monitoring().keeps_series
    assert Monitoring(node_series=True).keeps_series
    assert not OFF.is_on
