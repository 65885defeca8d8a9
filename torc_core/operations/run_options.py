"""The options of a run, from what a user chooses and what the configuration says."""

from __future__ import annotations

from typing import Any

import msgspec

from torc_core.config.schema import ClientSettings
from torc_core.model.ids import WorkflowId
from torc_core.runner.policy.options import RunnerOptions


def runner_options(configured: ClientSettings, **chosen: Any) -> RunnerOptions:
    """Return the options of a run: what the user chose now, else what the configuration says.

    Args:
        configured: The configuration.
        **chosen: Fields of `RunSettings`; None for those that were not chosen.
    """
    settings = msgspec.structs.asdict(configured.run)
    settings |= {name: value for name, value in chosen.items() if value is not None}
    poll_interval_s = settings.pop("poll_interval")
    return RunnerOptions(
        workflow_id=WorkflowId(0),  # not known yet
        poll_interval_s=poll_interval_s,
        log_level=configured.log_level,
        **settings,
    )
