"""What a server does not keep of a workflow that is about to be created."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from torc_core.client import Feature, TorcClient
from torc_core.client.fields import Loss
from torc_core.model.job import Job
from torc_core.model.workflow import Workflow
from torc_core.operations.reporter import PlainNotice, Reporter


def check_kept(
    client: TorcClient, workflow: Workflow, jobs: Iterable[Any], reporter: Reporter
) -> None:
    """Refuse what a server would lose of a workflow, or warn of it; see `torc_core.client.fields`.

    Args:
        client: The server.
        workflow: Its record.
        jobs: What has the fields of its jobs.
        reporter: Where warnings go.

    Raises:
        UnsupportedError: The results depend on it.
    """
    if client.offers(Feature.ALL_FIELDS):
        return
    lost = [*client.lost(Workflow, [workflow]), *client.lost(Job, jobs)]
    client.refuse([each for each in lost if each.field.loss is Loss.REFUSED])
    for each in lost:
        reporter.warn(PlainNotice(f"The server does not keep {each.sentence}."))
