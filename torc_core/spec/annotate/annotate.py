"""Write schedulers and requests for nodes into a workflow file, which otherwise stays as it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torc_core.errors import SpecError
from torc_core.model.action import requests_slurm_nodes
from torc_core.spec.annotate.editor import CollectionEditor
from torc_core.spec.annotate.json_nodes import json_nodes
from torc_core.spec.annotate.kdl import annotate_kdl
from torc_core.spec.annotate.nodes import Kind, Node
from torc_core.spec.annotate.scheduling import Scheduling
from torc_core.spec.annotate.yaml_nodes import yaml_nodes
from torc_core.spec.load import FORMATS, SpecFile
from torc_core.spec.problems import MalformedError
from torc_core.spec.schema import AUTHORS_OWN
from torc_core.spec.spelling import plain_numbers


def annotate(file: SpecFile, scheduling: Scheduling) -> str:
    """Return the text of a workflow file with schedulers and requests for nodes.

    Comments, order, parameters and format stay. Schedulers and requests for nodes that the file
    has are replaced.

    Args:
        file: A file without problems.
        scheduling: What it is to say.

    Raises:
        SpecError: They cannot be written into it, as what they belong to is an alias or a merged
            mapping of YAML, or the file is version 1 of KDL.
    """
    format_name, tree = file.read()
    wanted = _expected(tree, scheduling)
    text = None
    try:
        text = _WRITERS[format_name](file.text, tree, scheduling)
        is_as_wanted = text is not None and _is_equal(FORMATS[format_name](text, None), wanted)
    except MalformedError:
        is_as_wanted = False
    if text is None or not is_as_wanted:
        raise SpecError(
            [f"{file.source}: schedulers cannot be written into a file of this form"],
            source=file.source,
            hint="Write its jobs out without aliases: torc workflows convert FILE --to yaml",
        )
    return text


def _annotate_yaml(text: str, tree: Any, scheduling: Scheduling) -> str | None:
    return _annotate_collections(text, yaml_nodes(text), tree, scheduling)


def _annotate_json(text: str, tree: Any, scheduling: Scheduling) -> str | None:
    return _annotate_collections(text, json_nodes(text), tree, scheduling)


_WRITERS: dict[str, Callable[[str, Any, Scheduling], str | None]] = {
    "yaml": _annotate_yaml,
    "json": _annotate_json,
    "kdl": annotate_kdl,
}
"""By the names in `FORMATS`; None where the text has another form than they know."""


def _annotate_collections(text: str, root: Node, tree: Any, scheduling: Scheduling) -> str | None:
    jobs = root.get("jobs")
    if jobs is None or any(each.kind is not Kind.MAPPING for each in jobs.values):
        return None
    if len(jobs.values) != len(scheduling.assignments):
        return None
    editor = CollectionEditor(text, root)
    for job, name in zip(jobs.values, scheduling.assignments, strict=True):
        editor.set_scheduler(job, name)
    actions = tree.get("actions") or []
    editor.set_list("slurm_schedulers", scheduling.scheduler_fields(), lambda _: False)
    editor.set_list(
        "actions",
        [action.fields() for action in scheduling.actions],
        lambda position: not _requests_nodes(actions[position]),
    )
    return editor.result()


def _expected(tree: Any, scheduling: Scheduling) -> dict[str, Any]:
    """Return the data that the changed text has to have."""
    actions = [each for each in tree.get("actions") or [] if not _requests_nodes(each)]
    return {
        **tree,
        "jobs": [
            {**job, "scheduler": name}
            for job, name in zip(tree["jobs"], scheduling.assignments, strict=True)
        ],
        "slurm_schedulers": scheduling.scheduler_fields(),
        "actions": [*(action.fields() for action in scheduling.actions), *actions],
    }


def _requests_nodes(action: Any) -> bool:
    return requests_slurm_nodes(action.get("action_type"), action.get("scheduler_type"))


def _is_equal(found: Any, wanted: dict[str, Any]) -> bool:
    """Return whether data mean the same; an empty list is as good as none."""
    one, other = (
        {
            key: value
            for key, value in plain_numbers(each).items()
            if value not in (None, []) and not key.startswith(AUTHORS_OWN)
        }
        for each in (found, wanted)
    )
    return one == other
