"""Settings from files and the environment have the checks of the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc_core.config.bounds import Bounds
from torc_core.config.keys import fields_of
from torc_core.config.schema import RunSettings
from torc_core.config.sources import load_client
from torc_core.errors import UsageError

RUN = {
    name: field.key.rule
    for name, field in fields_of(RunSettings).items()
    if isinstance(field.key.rule, Bounds)
}


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("num_cpus", "0", "a whole number from 1 to 1,000,000"),
        ("num_cpus", "2.5", "a whole number from 1 to 1,000,000"),
        ("max_parallel_jobs", "-3", "a whole number from 1 to 1,000,000"),
        ("num_gpus", "many", "a whole number from 0 to 1,000,000"),
        ("poll_interval", "nan", "a number above 0"),
        ("poll_interval", "0", "a number above 0"),
        ("memory_gb", "1e300", "a number above 0"),
        ("memory_gb", "inf", "a number above 0"),
    ],
)
def test_numbers_out_of_range_are_refused_with_the_bound(
    folder, name: str, value: str, rule: str
) -> None:
    variable = f"TORC_CLIENT__RUN__{name.upper()}"
    with pytest.raises(UsageError) as of_variable:
        load_client({variable: value})
    literal = f"{value!r}" if value == "many" else value
    folder.write("local", f"[client.run]\n{name} = {literal}\n")
    with pytest.raises(UsageError) as of_file:
        load_client({})

    for error, source in ((of_variable, variable), (of_file, "torc.toml:2")):
        assert error.value.message.startswith(f"{source}: client.run.{name} is ")
        assert rule in error.value.message


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("TORC_CLIENT__FORMAT", "xml", "one of table, json"),
        ("TORC_CLIENT__FORMAT__X", "1", "one of table, json"),
        ("TORC_CLIENT__LOG_LEVEL", "loud", "one of error, warn, info, debug, trace"),
        ("TORC_CLIENT__API_URL", "nonsense", "client.api_url"),
        ("TORC_CLIENT__RUN", "5", "client"),
        ("TORC_CLIENT__RUN__NUM_CPU", "5", "client.run.num_cpu"),
        ("TORC_CLIENT__", "5", "there is no setting"),
    ],
)
def test_nonsense_in_variables_is_refused_by_name(variable: str, value: str, words: str) -> None:
    with pytest.raises(UsageError, match=f"^{variable}: ") as error:
        load_client({variable: value})
    assert words in error.value.message


def test_the_password_of_a_wrong_url_is_masked() -> None:
    with pytest.raises(UsageError) as error:
        load_client({"TORC_CLIENT__API_URL": "http://ada:hunter2@:x"})
    assert "hunter2" not in error.value.message


def test_a_configuration_directory_that_is_none_counts_as_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "file"))
    assert load_client({}).format == "table"


def test_defaults_are_within_their_bounds() -> None:
    run = load_client({}).run
    for name, bounds in RUN.items():
        value = getattr(run, name)
        assert value is None or bounds.allow(value)


@given(st.sampled_from(sorted(RUN)), st.floats() | st.integers() | st.text(min_size=1, max_size=9))
def test_what_is_accepted_is_within_the_bounds(name: str, value: float | str) -> None:
    try:
        settings = load_client({f"TORC_CLIENT__RUN__{name.upper()}": str(value)})
    except UsageError:
        return
    bounds = RUN[name]
    assert bounds.low <= getattr(settings.run, name) <= bounds.high
