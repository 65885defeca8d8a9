"""What a workflow says about the execution of its jobs, as stored and as read."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc_core.errors import UsageError
from torc_core.model.execution import (
    ExecutionConfig,
    ExecutionMode,
    Stdio,
    StdioMode,
    read_execution_config,
)

KEPT = Stdio(mode=StdioMode.NONE)
DEFAULT = Stdio(mode=StdioMode.COMBINED, delete_on_success=True)

configs = st.builds(
    ExecutionConfig,
    mode=st.none() | st.sampled_from(ExecutionMode),
    limit_resources=st.none() | st.booleans(),
    oom_exit_code=st.none() | st.integers(1, 255),
    sigterm_lead_seconds=st.none() | st.integers(0, 2**31 - 1),
    termination_signal=st.none() | st.sampled_from(["SIGTERM", "INT", "SIGUSR1"]),
    stdio=st.none() | st.builds(Stdio, mode=st.sampled_from(StdioMode)),
    job_stdio_overrides=st.none() | st.dictionaries(st.text(), st.builds(Stdio), max_size=3),
)


@given(configs)
def test_it_is_read_as_it_was_written_text_or_object(config: ExecutionConfig) -> None:
    assert read_execution_config(msgspec.json.encode(config).decode()) == config
    assert read_execution_config(msgspec.to_builtins(config)) == config


@pytest.mark.parametrize("nothing", [None, "", {}, "{}", '{"stdio": null, "mode": null}'])
def test_nothing_is_the_default(nothing: str | None) -> None:
    assert read_execution_config(nothing) == ExecutionConfig()
    assert read_execution_config(nothing).stdio_of("a") == Stdio()


def test_a_job_has_its_own_stdio_or_that_of_the_workflow() -> None:
    config = ExecutionConfig(stdio=DEFAULT, job_stdio_overrides={"a": KEPT})

    assert config.stdio_of("a") == KEPT
    assert config.stdio_of("b") == DEFAULT


def test_members_of_a_newer_client_do_not_matter() -> None:
    config = read_execution_config('{"later": [1], "stdio": {"mode": "none", "rotate": true}}')

    assert config == ExecutionConfig(stdio=KEPT)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "object"),
        ("{", "truncated"),
        ('{"mode": "sturm"}', "$.mode"),
        ('{"stdio": {"mode": 1}}', "$.stdio.mode"),
        ('{"job_stdio_overrides": {"a": {"mode": "x"}}}', "job_stdio_overrides"),
        ('{"oom_exit_code": 300}', "$.oom_exit_code"),
        ('{"sigkill_headroom_seconds": -1}', "$.sigkill_headroom_seconds"),
        ('{"termination_signal": "SIGNOPE"}', "'SIGNOPE', which is not a signal"),
        ('{"a":' * 100_000, "execution_config is not valid"),
    ],
)
def test_what_is_wrong_is_named(text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_execution_config(text)

    assert said in caught.value.message
