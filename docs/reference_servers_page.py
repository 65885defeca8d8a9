"""The page on servers of the reference, made from the table of features."""

from __future__ import annotations

from torc_core.client.features import Feature
from torc_core.client.fields import FIELDS, Field, Loss

_HEAD = """\
# Servers of the reference

Commands, interface and runner work with a server of the
[reference](../explanation/architecture.md), from version 0.12 on: `torc --url
http://host:8080/torc-service/v1`. Where such a server lacks what an operation needs, the operation
says so and changes nothing.

| There | torc |
| --- | --- |
"""
_INSTEAD = {
    "the status of a workflow has no counts": "asks how long the lists of jobs by status are; a "
    "list of workflows shows `-`",
    "an update has to be a whole record": "reads the record and sends it back with what changes",
    "lists know fewer filters": "reads the whole list and filters it itself",
    "a runner gets no news": "looks for work 0.1 s after each completion, then ever less often, "
    "but each second for half a minute; then at the interval of `--poll-interval`",
    "a claim leaves out invocation scripts": "reads each job that it has claimed",
    "a runner does not learn that a single job was canceled or terminated": "refuses to do that to "
    "a job that runs, as its process would run on; `torc workflows cancel` stops all jobs of a "
    "workflow",
    "a request cannot be recognized": "sends a change that had no reply only once, and says that "
    "it may have been carried out",
}
_FEATURES = """
## What only a server of torc does

`GET /version` names the capability. An operation that cannot do without it ends with
[exit code 7](exit-codes.md) and the error `unsupported`.

| Capability | Other servers do not |
| --- | --- |
"""
_FIELDS = """
## What only a server of torc keeps

A server of the reference ignores fields that it does not know. torc looks for them before it
creates or changes anything there. In a new workflow, what the results of jobs depend on is refused,
with exit code 7; what only tunes its run is a warning. A change of any of them is refused.

| Field | Without it | New records | Changes | The reference keeps it |
| --- | --- | --- | --- | --- |
"""
_ON_CREATE = {Loss.REFUSED: "refused", Loss.WARNED: "a warning", Loss.SILENT: "not mentioned"}


def _field(field: Field) -> str:
    created = "kept" if field.is_created else _ON_CREATE[field.loss]
    changed = "not mentioned" if field.loss is Loss.SILENT else "refused"
    since = "no" if field.since is None else "since {}.{}".format(*field.since)
    cells = (f"`{field.name}` of a {field.owner}", field.sentence, created, changed, since)
    return f"| {' | '.join(cells)} |\n"


def page() -> str:
    """Return the page."""
    features = sorted({(each.value.shown_by, each.value.sentence) for each in Feature})
    return "".join(
        [
            _HEAD,
            *(f"| {there} | {torc} |\n" for there, torc in _INSTEAD.items()),
            _FEATURES,
            *(f"| `{capability}` | {sentence} |\n" for capability, sentence in features),
            _FIELDS,
            *map(_field, FIELDS),
        ]
    )
