"""The page on the fields of workflow files: what `torc_core.spec` checks, with explanations."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from torc_core.spec import schema
from torc_core.spec.execution import EXECUTION, STDIO
from torc_core.spec.failure_handlers import RULE, read_rules
from torc_core.spec.fields import Check, name
from torc_core.spec.problems import Problems

EXPLAINED: dict[str, dict[str, tuple[str, str]]] = tomllib.loads(
    (Path(__file__).parent / "specification.toml").read_text("utf-8")
)
TABLES: Mapping[str, Mapping[str, Check]] = {
    "workflow": schema.ROOT,
    "jobs": schema.JOB,
    "files": schema.FILE,
    "user_data": schema.USER_DATA,
    "resource_requirements": {"name": name, **schema.NEEDS},
    "failure_handlers": {"name": name, "rules": read_rules},
    "rules": RULE,
    "slurm_schedulers": schema.SLURM_SCHEDULER,
    "actions": schema.ACTION,
    "resource_monitor": schema.RESOURCE_MONITOR,
    "execution_config": EXECUTION,
    "stdio": STDIO,
    "dynamic_jobs": schema.DYNAMIC_JOBS,
}
"""The fields of workflow files, by table."""

_HEAD = """\
# Fields of workflow files

A workflow file is a mapping of the fields of the first table; those of the others stand in its
sections. Unknown fields are refused, at every level, except those at the top that begin with `x-`.
Null means that a field is absent.

How to write them: [write workflow files](../how-to/workflow-files.md). Formats, parameters,
references and limits: [values in workflow files](specification-values.md).
"""
_MISSING = re.compile(r'the field "(\w+)" is missing')


def page() -> str:
    """Return the page."""
    lines = [_HEAD]
    for title, table in TABLES.items():
        lines.append("## The workflow\n" if title == "workflow" else f"## `{title}`\n")
        lines.append("| Field | Value | Default | Meaning |\n| --- | --- | --- | --- |")
        required = set(_required(title))
        for field, check in table.items():
            default, meaning = EXPLAINED[title][field]
            shown = "required" if field in required else default
            lines.append(f"| `{field}` | {_value(check)} | {shown} | {meaning} |")
        lines.append("")
    return "\n".join(lines)


def _required(title: str) -> Iterator[str]:
    """Yield the fields that a table misses when it is empty."""
    problems = Problems()
    schema.read_workflow({} if title == "workflow" else {title: [{}]}, problems)
    depth = 0 if title == "workflow" else 2
    for path, message in problems.errors:
        if len(path) == depth and (found := _MISSING.fullmatch(message)):
            yield found[1]


def _value(check: Check) -> str:
    """Return what a value may be, as its check says."""
    said = (check.__doc__ or "").partition(";")[0].partition("\n\n")[0].rstrip(".")
    first, _, item = said.partition(". Each: ")
    parts = [part[0].lower() + part[1:] for part in (first, item) if part]
    return ": ".join(parts)
