"""How long workflow files take to load, check and expand.

    python tests/benchmarks/spec_loading.py [--jobs 10000] [--rounds 5]

Prints the median per format for files of written-out jobs with dependencies, files and resource
requirements, and for files that expand by parameters and regular expressions.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from torc_core.errors import SpecError
from torc_core.spec import load_workflow


def written_out(count: int) -> dict[str, Any]:
    """Return a workflow of chains of ten jobs, each with a file."""
    return {
        "name": "written_out",
        "files": [
            {"name": f"file_{i:05d}", "path": f"output/stage/file_{i:05d}.json"}
            for i in range(count)
        ],
        "resource_requirements": [
            {"name": f"size{i}", "num_cpus": i + 1, "memory": "2g", "runtime": "PT30M"}
            for i in range(4)
        ],
        "jobs": [
            {
                "name": f"job_{i:05d}",
                "command": f"python process.py --index {i} --output output/{i}",
                "resource_requirements": f"size{i % 4}",
                "output_files": [f"file_{i:05d}"],
                **(
                    {"depends_on": [f"job_{i - 1:05d}"], "input_files": [f"file_{i - 1:05d}"]}
                    if i % 10
                    else {}
                ),
            }
            for i in range(count)
        ],
    }


def as_json5(content: dict[str, Any]) -> str:
    return "// not plain JSON\n" + json.dumps(content, indent=2).replace('"name":', "name:")


def as_kdl(content: dict[str, Any]) -> str:
    lines = [f'name "{content["name"]}"']
    lines += [f'file "{item["name"]}" path="{item["path"]}"' for item in content["files"]]
    for item in content["resource_requirements"]:
        lines += [f'resource_requirements "{item["name"]}" {{', f"    num_cpus {item['num_cpus']}"]
        lines += [f'    memory "{item["memory"]}"', f'    runtime "{item["runtime"]}"', "}"]
    for item in content["jobs"]:
        lines += [f'job "{item["name"]}" {{', f'    command "{item["command"]}"']
        lines += [f'    resource_requirements "{item["resource_requirements"]}"']
        for field in ("depends_on", "input_files", "output_files"):
            lines += [f'    {field} "{name}"' for name in item.get(field, ())]
        lines += ["}"]
    return "\n".join(lines) + "\n"


def as_yaml(content: dict[str, Any]) -> str:
    return yaml.dump(content, Dumper=yaml.CSafeDumper, sort_keys=False)


FORMATS: dict[str, Callable[[dict[str, Any]], str]] = {
    "json": json.dumps,
    "json5": as_json5,
    "kdl": as_kdl,
    "yaml": as_yaml,
}

BARRIER = """
name: barrier
jobs:
  - {name: "a{i}", command: x, parameters: {i: "1:1000"}}
  - {name: "b{i}", command: x, depends_on_regexes: ["^a"], parameters: {i: "1:1000"}}
"""
HUNDRED_THOUSAND = """
name: many
jobs: [{name: "a{i}", command: "echo {i}", parameters: {i: "1:100000"}}]
"""


def measure(path: Path, rounds: int) -> None:
    """Print the median, the spread and what was loaded."""
    times = []
    outcome = ""
    for _ in range(rounds):
        start = time.perf_counter()
        try:
            workflow = load_workflow(path)
            outcome = f"{len(workflow.jobs):,} jobs"
        except SpecError as error:
            outcome = f"{len(error.problems):,} lines of problems"
        times.append(time.perf_counter() - start)
    size = path.stat().st_size / 1e6
    sys.stdout.write(
        f"{path.name:22} {size:5.1f} MB  {outcome:24} median {statistics.median(times):6.3f} s"
        f"  ({min(times):.3f}-{max(times):.3f})\n"
    )


def main() -> None:
    """Make the files in a directory of their own and measure them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    content = written_out(options.jobs)
    broken = {**content, "jobs": [{**job, "depends_on": ["jop_1"]} for job in content["jobs"]]}
    texts = {f"written_out.{suffix}": write(content) for suffix, write in FORMATS.items()}
    texts |= {f"broken.{suffix}": write(broken) for suffix, write in FORMATS.items()}
    texts |= {"barrier.yaml": BARRIER, "many.yaml": HUNDRED_THOUSAND}
    with tempfile.TemporaryDirectory() as folder:
        for name, text in texts.items():
            path = Path(folder) / name
            path.write_text(text, "utf-8")
            measure(path, options.rounds)


if __name__ == "__main__":
    main()
