"""The JSON of commands that need a cluster has the shape that the documentation gives it."""

from __future__ import annotations

from cli.json_shapes import faults, parse
from cli.test_json_output import DOCUMENTED
from slurm.submissions import HELD, SMALL

PLANNED = (
    f"name: planned\n{SMALL}jobs: [{{name: a, command: 'true', resource_requirements: small}}]\n"
)
LINES = """
torc submit held.yaml --dry-run
torc submit held.yaml
workflows submit 1 --dry-run
workflows submit 1
slurm schedule-nodes 1 --dry-run
slurm schedule-nodes 1
slurm regenerate 1 --force --dry-run
slurm regenerate 1 --force
torc submit-slurm planned.yaml --account project --dry-run
torc submit-slurm planned.yaml --account project
workflows create-slurm planned.yaml --account project --dry-run
workflows create-slurm planned.yaml --account project
"""


def test_what_commands_print_is_as_documented(desk):
    desk.write(HELD, "held.yaml")
    desk.write(PLANNED, "planned.yaml")
    found = []
    for line in LINES.split("\n")[1:-1]:
        words = line.split()
        dry_run = " --dry-run" if "--dry-run" in words else ""
        shape = parse(DOCUMENTED[f"{words[0]} {words[1]}{dry_run}"])
        answer = desk.torc("-f", "json", *line.removeprefix("torc ").split())
        found += [line + fault for fault in faults(answer.json, shape, {})]

    assert found == []
