"""The page that says which methods of the official clients work."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import TypedDict

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "clients.md"

HEAD = """\
# Official Python clients

What `torc-client`, as published, can do with this server: every method of every API class, called
for real and its answer checked, by `tests/clients`. That run writes this page. In 0.35.0 the calls
are made through the facade `torc.api.DefaultApi`, but for `get_task`, which it does not have.

"""

FORMS = """\
## Where the generations need different answers

A client says in `User-Agent` which generation it is. Everyone gets the same answers but for these:

| Answer | Clients to 0.12.3 | 0.22.2 to 0.30.1 | Since 0.33.0 | All others |
| --- | --- | --- | --- | --- |
| ids of required files | text | numbers | numbers | numbers |
| `metadata`, `slurm_defaults`, `resource_monitor_config` of workflows | JSON text | JSON text | \
objects | JSON text |
| `data` of user data, `scheduler` of compute nodes | objects | any JSON | any JSON | any JSON |
| `data` of events | objects | any JSON | any JSON | any JSON |
| status of what was created | 200 | 200 | 200 | 201 where the interface says so |

Requests may have either form, whoever sends them.

- The types of the clients to 0.12.3 refuse user data, and schedulers of compute nodes, that are a
  list, a text or a number. To these clients such a value is shown as absent, so that lists that
  hold one stay readable; sent back, the record keeps its value. The data of an event, which they
  do not let be absent, becomes `{"value": ...}`.
- A setting of a workflow that is text but no JSON object, or no monitoring that their types take,
  is shown as absent to clients since 0.33.0; sent back, the workflow keeps it.
"""

_NO_USAGE = "the use of whole compute nodes is not measured yet"
NOT_KEPT = {
    "0.12.3": {},
    "0.35.0": {
        "ComputeNodeModel.avg_cpu_percent": _NO_USAGE,
        "ComputeNodeModel.avg_memory_bytes": _NO_USAGE,
        "ComputeNodeModel.peak_cpu_percent": _NO_USAGE,
        "ComputeNodeModel.peak_memory_bytes": _NO_USAGE,
        "ComputeNodeModel.sample_count": _NO_USAGE,
        "WorkflowModel.execution_config": "how jobs are executed cannot be chosen yet",
    },
}
"""Fields that a client can send and that are not kept, with the reason, by version."""


class Verdict(TypedDict):
    """What became of a method."""

    api: str
    method: str
    problem: str
    """What is wrong, or nothing."""


def page(verdicts: dict[str, list[Verdict]]) -> str:
    """Return the page, given what became of every method by version of the client."""
    parts = [HEAD, FORMS]
    for version, methods in verdicts.items():
        works = sum(not one["problem"] for one in methods)
        parts.append(f"\n## torc-client {version}\n\n{works} of {len(methods)} methods work.\n")
        if NOT_KEPT[version]:
            parts.append(
                "\nFields that are accepted, named in a `Warning` header and not kept:\n\n"
            )
            parts.append("| Field | Reason |\n| --- | --- |\n")
            parts += [f"| `{name}` | {why} |\n" for name, why in NOT_KEPT[version].items()]
        for api, own in groupby(methods, key=lambda one: one["api"]):
            parts.append(f"\n### {api}\n\n| Method | Outcome |\n| --- | --- |\n")
            parts += [f"| `{one['method']}` | {one['problem'] or 'works'} |\n" for one in own]
    return "".join(parts)
