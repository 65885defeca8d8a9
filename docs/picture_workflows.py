"""What the pictures show: a study in which a few jobs fail, and two small workflows beside it.

All of it runs: as a user would run it, with the command, in a directory of its own.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from torc_core.host.runs import RunState, list_runs

STUDY = "climate-ensemble"
FILES = {
    "climate-ensemble.yaml": """
name: climate-ensemble
description: forty members of one season
resource_monitor: {granularity: time_series, sample_interval_seconds: 1}
resource_requirements:
- {name: small, num_cpus: 1, memory: 100m, runtime: PT1M}
- {name: member, num_cpus: 1, memory: 64m, runtime: PT1M}
files:
- {name: forcing, path: forcing.csv}
- {name: 'field_{season}', path: 'field_{season}.csv', parameters: {season: "['winter', 'summer']"}}
- {name: 'result_{i:03d}', path: 'result_{i:03d}.csv', parameters: {i: '1:40'}}
- {name: report, path: report.txt}
jobs:
- {name: fetch, command: 'seq 1000 > ${files.output.forcing}', resource_requirements: small}
- name: 'prepare_{season}'
  command: 'sleep 0.5; cp ${files.input.forcing} ${files.output.field_{season}}'
  resource_requirements: small
  parameters: {season: "['winter', 'summer']"}
- name: 'member_{i:03d}'
  command: 'python3 member.py {i} > ${files.output.result_{i:03d}}'
  input_files: [field_winter, field_summer]
  resource_requirements: member
  parameters: {i: '1:40'}
- name: evaluate
  command: 'cat result_*.csv > ${files.output.report}'
  input_file_regexes: ['^result_']
  resource_requirements: small
- {name: publish, command: 'wc ${files.input.report}', resource_requirements: small}
""",
    "member.py": """
import sys, time

number = int(sys.argv[1])
print(f"member {number}: 120 steps of 6 hours", file=sys.stderr)
for step in range(1, 121):
    time.sleep(0.03 + number % 4 * 0.01)
    if step % 2 == 0:
        state = f"t2m {287 + step / 90:.2f} K  residual {3 / step:.4f}"
        print(f"step {step:3} of 120  {state}", file=sys.stderr)
    if number % 13 == 7 and step == 60:
        history = bytearray(b"1" * 100_000_000)
        time.sleep(2)
    if number % 16 == 12 and step == 84:
        raise ValueError(f"residual is nan in step {step}, try smaller steps")
print(number)
""",
    "nightly-checks.yaml": """
name: nightly-checks
files:
- {name: orders, path: orders.csv}
- {name: '{kind}_checked', path: '{kind}.txt', parameters: {kind: "['dates', 'keys', 'sums']"}}
jobs:
- {name: extract, command: 'seq 9 > ${files.output.orders}'}
- name: 'check_{kind}'
  command: 'wc ${files.input.orders} > ${files.output.{kind}_checked}'
  parameters: {kind: "['dates', 'keys', 'sums']"}
- {name: report, command: 'cat *.txt', input_file_regexes: ['_checked$']}
""",
    "hpo-sweep.yaml": """
name: hpo-sweep
jobs:
- {name: 'trial_{i:02d}', command: 'sleep 1', parameters: {i: '1:30'}}
""",
}


class Study:
    """The workflows, in the present directory."""

    def __init__(self) -> None:
        for name, text in FILES.items():
            Path(name).write_text(text.lstrip(), "utf-8")
        self._torc("run", "nightly-checks.yaml")
        self._torc("workflows", "create", "hpo-sweep.yaml")

    def start(self) -> None:
        """Run the study in the background; it takes half a minute, and some jobs fail."""
        options = ("--num-cpus", "6", "--limit-resources")
        self._torc("run", f"{STUDY}.yaml", "--detach", *options)

    def wait(self) -> None:
        """Wait until the study has ended."""
        while any(run.state is not RunState.ENDED for run in list_runs()):
            time.sleep(0.2)

    def recover(self) -> None:
        """Have the jobs run again that lacked memory, and wait for them."""
        self._torc("recover", STUDY, "--no-prompts")

    def _torc(self, *words: str) -> None:
        command = [sys.executable, "-m", "torc_tui", *words]
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        if done.returncode > 1:  # 1 says that jobs failed
            raise RuntimeError(f"torc {' '.join(words)}: {done.stderr}")
