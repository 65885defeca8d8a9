"""Prepare a run of a workflow on this machine: its directory holds all that a runner needs."""

from __future__ import annotations

from pathlib import Path

import msgspec

from torc_core.client import TorcClient
from torc_core.clock import utc_now
from torc_core.local.runs import RunDirectory, RunMeta, create_run, new_run_id
from torc_core.runner.options import RunnerOptions


def prepare_run(
    client: TorcClient,
    options: RunnerOptions,
    *,
    is_embedded: bool,
    spec: Path | None = None,
) -> RunDirectory:
    """Make the directory of a new run of the workflow that the options name.

    Args:
        client: The server that holds the workflow.
        options: What the runner is told; a relative output directory means one below the
            current directory.
        is_embedded: The server is the one that torc starts by itself, so the runner may start
            it again.
        spec: The file that the workflow came from, to be kept with the run.

    Raises:
        NotFoundError: There is no such workflow.
    """
    workflow = client.get_workflow(options.workflow_id)
    options = msgspec.structs.replace(options, output_dir=str(Path(options.output_dir).absolute()))
    meta = RunMeta(
        run_id=new_run_id(options.workflow_id),
        workflow_id=options.workflow_id,
        workflow_name=workflow.name,
        url=client.url,
        token=client.token,
        is_embedded=is_embedded,
        output_dir=options.output_dir,
        cwd=str(Path.cwd()),
        options=msgspec.to_builtins(options),
        started_at=utc_now(),
    )
    return create_run(meta, spec)
