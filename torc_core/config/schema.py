"""The settings there are, by table of the configuration file."""

from __future__ import annotations

import msgspec


class RunSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The table `[client.run]`: defaults of `torc run` and of the key that runs a workflow."""

    poll_interval: float = 5.0
    """The longest wait without news from the server, in seconds."""
    output_dir: str = "output"
    max_parallel_jobs: int | None = None
    num_cpus: int | None = None
    memory_gb: float | None = None
    num_gpus: int | None = None
    cpu_affinity: bool = False
    """Give each job CPUs of its own."""
    limit_resources: bool | None = None
    """Stop jobs that exceed what they state to need. None: as the workflow says, else no."""
    share_logs: bool = False
    """Create logs as the umask says. Otherwise only their owner may read them."""


class ClientSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The table `[client]`."""

    api_url: str | None = None
    """None: the server that torc starts by itself."""
    format: str = "table"
    """`table` or `json`."""
    log_level: str = "info"
    username: str | None = None
    run: RunSettings = RunSettings()
