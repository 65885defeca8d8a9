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
| `metadata`, `slurm_defaults`, `resource_monitor_config`, `execution_config` of workflows | \
JSON text | JSON text | objects | JSON text |
| `data` of user data, `scheduler` of compute nodes | objects | any JSON | any JSON | any JSON |
| `data` of events | objects | any JSON | any JSON | any JSON |
| status of what was created | 200 | 200 | 200 | 201 where the interface says so |

Any client may send requests of either form.

- The types of the clients to 0.12.3 refuse user data, and schedulers of compute nodes, that are a
  list, a text or a number. To these clients such a value is shown as absent, so that lists that
  hold one stay readable; sent back, the record keeps its value. The data of an event, which they
  do not let be absent, becomes `{"value": ...}`.
- A setting of a workflow that is text but no JSON object, or no monitoring that their types take,
  is shown as absent to clients since 0.33.0; sent back, the workflow keeps it.
"""

DIFFERENCES = """
## Where it differs from the reference on purpose

What the reference accepts is accepted, but for what follows.

| Here | Reason |
| --- | --- |
| A canceled job cannot be completed any more: 422 | the client that canceled it was answered \
that it is over, and jobs downstream were canceled with it |
| `torc run` exits with 1 when a job failed | scripts and schedulers notice it only so |
| Jobs that depend on each other in a cycle, or on themselves, are refused | they would be blocked \
for ever, and the workflow would never complete |
| Dependencies, files and user data of jobs are of the job's own workflow | jobs wait for each \
other through them; what a job needs and where it ran may be another workflow's |
| `manage_status_change` follows the [transitions](job-states.md) of jobs, resets any job, and \
sets a ready one running | any other change would leave jobs downstream waiting for ever, or run \
them too early |
| `initialize_jobs` leaves running and disabled jobs as they are, and what a registered runner has \
claimed | they would run twice, or against their owner's will |
| A job that a runner holds, requirements that jobs use, and a node that results refer to cannot \
be deleted alone: 409 | the jobs and results would go with them |
| A workflow that does not exist is 404, in every list and when all of its records are deleted | \
an empty list hides a mistaken id |
| Negative amounts, offsets and limits are refused; 0 is accepted | none means anything; a \
negative requirement would add to what a node has |
| The role of a member of a group is `member` or `admin`, the address of a remote worker \
`[user@]host[:port]` | one decides who may do what, the other becomes part of a command |
| Results have an outcome as their status, and attempts from 1 to 1,000,000 | a job never ended as \
`running`; the next attempts need numbers |
| The character NUL and more than 100 levels of JSON are refused | commands and file names cannot \
contain the one, strict clients not read the other |
| Errors of the request are 4xx with a reason, where the reference answers 500 without one | the \
reference's clients treat all of them alike |

Empty values in queries are not given. In updates, what is left out stays; null clears a field of a
record that may be empty, and states nothing for jobs and workflows, nor in place of a default: the
Rust clients write it for the scheduler of every job that has none, and the Python ones since 0.22
for all that a record which they send back did not have.

What is accepted and probably not meant is named in a `Warning` header: unknown fields, an action
that will never run, rules that no runner can read.
"""

NOT_KEPT: dict[str, dict[str, str]] = {"0.12.3": {}, "0.35.0": {}}
"""Fields that a client can send and that are not kept, with the reason, by version."""


class Verdict(TypedDict):
    """How a call of a method ended."""

    api: str
    method: str
    problem: str
    """What is wrong, or nothing."""


def page(verdicts: dict[str, list[Verdict]]) -> str:
    """Return the page, given the outcome of every method by version of the client."""
    parts = [HEAD, FORMS, DIFFERENCES]
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
