"""Documents written and read in memory, and what makes two of them equal."""

from __future__ import annotations

import io
import json
from typing import Any

from torc_core.client import TorcClient
from torc_core.operations.definition.transfer.export_workflow import export_workflow
from torc_core.operations.definition.transfer.import_workflow import (
    ImportOptions,
    import_workflow,
)
from torc_core.operations.definition.transfer.notices import Imported
from torc_core.operations.reporter import SilentReporter


class Warnings(SilentReporter):
    """Collects what is warned of."""

    def __init__(self) -> None:
        self.sentences: list[str] = []

    def warn(self, warning) -> None:
        self.sentences.append(warning.sentence)


def import_bytes(client: TorcClient, text: bytes, **options: Any) -> tuple[Imported, list[str]]:
    """Import a document; also return what was warned of."""
    warnings = Warnings()
    given = ImportOptions(user="importer", **options)
    done = import_workflow(client, io.BytesIO(text), "file", given, warnings)
    return done, warnings.sentences


def import_tree(client: TorcClient, tree: Any, **options: Any) -> tuple[Imported, list[str]]:
    return import_bytes(client, json.dumps(tree).encode(), **options)


def export_text(client: TorcClient, workflow_id: int, **options: Any) -> bytes:
    target = io.BytesIO()
    export_workflow(client, workflow_id, target, **options)
    return target.getvalue()


def export_tree(client: TorcClient, workflow_id: int, **options: Any) -> Any:
    return json.loads(export_text(client, workflow_id, **options))
