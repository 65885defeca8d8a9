import pytest

from torc_core.runner.policy.context import Monitoring, gpu_names, read_monitoring


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (None, Monitoring()),
        ("", Monitoring()),
        ({}, Monitoring()),
        ('{"enabled": false}', Monitoring(enabled=False)),
        ('{"sample_interval_seconds": "2"}', Monitoring(sample_interval_seconds=2.0)),
        ({"sample_interval_seconds": "2"}, Monitoring(sample_interval_seconds=2.0)),
        ('{"granularity": "time_series"}', Monitoring(granularity="time_series")),
    ],
)
def test_a_workflows_monitoring_is_text_or_an_object(config, expected):
    assert read_monitoring(config) == expected


@pytest.mark.parametrize("config", ["{", "[]", {"enabled": "perhaps"}, 7])
def test_monitoring_that_makes_no_sense_is_an_error(config):
    with pytest.raises(ValueError, match=r".+"):
        read_monitoring(config)


def test_samples_are_taken_every_five_seconds_and_kept_only_on_request():
    assert Monitoring().interval_s == 5.0
    assert not Monitoring().keeps_time_series
    assert Monitoring(granularity="time_series").keeps_time_series
    assert not Monitoring(granularity="time_series", enabled=False).keeps_time_series


def test_an_interval_is_no_shorter_than_a_scan_is_worth():
    assert Monitoring(sample_interval_seconds=0.0).interval_s == 0.1
    assert Monitoring(sample_interval_seconds=0.5).interval_s == 0.5
    assert Monitoring(sample_interval_seconds=0.5, enabled=False).interval_s is None


def test_gpus_that_were_stated_but_not_found_have_plain_numbers():
    assert gpu_names(("a", "b", "c"), 2) == ("a", "b")
    assert gpu_names(("a",), 3) == ("a", "1", "2")
    assert gpu_names((), 0) == ()
    assert gpu_names(("2", "0"), 4) == ("2", "0", "3", "1"), "no name stands for two devices"
