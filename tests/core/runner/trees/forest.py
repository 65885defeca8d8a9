"""The jobs of the table in one workflow, and the processes that they have."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from core.runner.flows import Flow
from core.runner.trees.orphanage import SUBREAPER, container
from core.runner.trees.table import TABLE, Row
from waiting import wait_for

from torc_core.clock import utc_now
from torc_core.host.process import detach, our_program
from torc_core.host.runs import RunDirectory, RunMeta, create_run, new_run_id, start_run
from torc_core.model.artifact import File
from torc_core.model.resources import ResourceRequirements
from torc_core.model.status import JobStatus

ROOM = {"max_parallel_jobs": 50, "wait_for_new_jobs_s": 0.0}
HUNGRY = "x = bytearray(b'x') * 120_000_000; open({never!r}).read()"


class Gate:
    """A fifo at which programs wait until it is opened."""

    def __init__(self, path: Path) -> None:
        self.path = path
        os.mkfifo(path)
        self._held = os.open(path, os.O_RDWR | os.O_CLOEXEC)

    def open(self) -> None:
        """Let everybody pass; to be repeated for who comes later."""
        if self._held is not None:
            os.close(self._held)
            self._held = None
        with contextlib.suppress(OSError):
            os.close(os.open(self.path, os.O_WRONLY | os.O_NONBLOCK))

    def close(self) -> None:
        if self._held is not None:
            os.close(self._held)


class Living(NamedTuple):
    """A process of the jobs."""

    pid: int
    arguments: list[str]


class Forest:
    """All jobs of the table as a workflow of which every process is known by its arguments.

    Args:
        flow: An empty workflow.
        directory: For this only.
        rows: The jobs.
    """

    def __init__(self, flow: Flow, directory: Path, rows: Sequence[Row] = TABLE) -> None:
        self.flow = flow
        self.here = directory / "here"
        self.here.mkdir()
        self.end, self.never, self.vanish, self.hunger = (
            Gate(directory / name) for name in ("end", "never", "vanish", "hunger")
        )
        self._mark = str(directory)
        self.rows = list(rows)
        self.jobs: dict[str, int] = {}

    def add_jobs(self, *, is_hungry: bool = False, **requirements: str) -> None:
        """Create the jobs.

        Args:
            is_hungry: Each has one more process, that takes memory once it may.
            requirements: Of each job.
        """
        needs = self.add_requirements(**requirements) if requirements else None
        for row in self.rows:
            outputs = [self._missing_output()] if row.lacks_output else None
            self.add(
                row, is_hungry=is_hungry, resource_requirements_id=needs, output_file_ids=outputs
            )

    def add_requirements(self, name: str = "small", **requirements: str) -> int | None:
        """Create requirements and return their id."""
        made = ResourceRequirements(workflow_id=self.flow.id, name=name, **requirements)
        return self.flow.client.create_resource_requirements(made).id

    def add(self, row: Row, *, is_hungry: bool = False, **fields: object) -> int:
        """Create a job and return its id."""
        command = self._command(row)
        if is_hungry:
            code = shlex.quote(HUNGRY.format(never=str(self.never.path)))
            command = f"(cat {self.hunger.path}; {sys.executable} -ISc {code}) &\n{command}"
        self.jobs[row.name] = self.flow.add(command, name=row.name, **fields)
        return self.jobs[row.name]

    def start_process(self, **options: object) -> tuple[RunDirectory, int]:
        """Start a runner as a process, and return its run and its pid."""
        directory = self._create_run(**options)
        return directory, start_run(directory).pid

    def start_orphanage(self, command: list[str]) -> tuple[RunDirectory, int]:
        """Start a runner with a stranger among its children, and return its run and its pid.

        The stranger ends when directories vanish.

        Args:
            command: What makes it a process that is given orphans.
        """
        directory = self._create_run()
        runner = our_program("torc_core.runner", "--run-dir", str(directory.path))
        stranger = f"(exec -a {self._mark}/@stranger cat {self.vanish.path} >/dev/null &)"
        with (self.here.parent / "said").open("wb") as said:
            process = subprocess.Popen(
                [*command, "bash", "-c", f'{stranger}; exec "$@"', "bash", *runner],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )
        detach(process)
        wait_for(lambda: directory.read_meta().process, "the runner to begin")
        return directory, self._pid_of(runner)

    def _pid_of(self, arguments: list[str]) -> int:
        # What it starts has its arguments, too, until that has become another program.
        found = wait_for(
            lambda: len(alike := self._alike(arguments)) == 1 and alike, "the runner alone"
        )
        return found[0].pid

    def _alike(self, arguments: list[str]) -> list[Living]:
        return [each for each in self._all() if each.arguments[:-1] == arguments]

    def _create_run(self, **options: object) -> RunDirectory:
        self.flow.start()
        meta = RunMeta(
            run_id=new_run_id(self.flow.id),
            workflow_id=self.flow.id,
            workflow_name="w",
            url=self.flow.client.url,
            output_dir=str(self.flow.output_dir),
            cwd=str(self.here),
            options={**ROOM, **options},
            started_at=utc_now(),
        )
        return create_run(meta)

    def wait_until_grown(self) -> None:
        """Wait until every tree is complete, and directories have vanished."""
        first = {row.name: row.sleepers for row in self.rows if "VANISH" not in row.command}
        wait_for(lambda: self.sleepers() >= Counter(first), "the trees to be complete")

        def has_vanished() -> bool:
            self.vanish.open()
            return self.sleepers() >= Counter({row.name: row.sleepers for row in self.rows})

        wait_for(has_vanished, "directories to vanish")

    def release(self) -> bool:
        """Let all programs end; to be repeated for those that are still about to wait."""
        self.end.open()
        return not self.sleepers() - self.staying

    @property
    def staying(self) -> Counter[str]:
        """How many programs jobs leave behind on purpose."""
        return Counter({row.name: row.stays for row in self.rows if row.stays})

    def survivors(self) -> Counter[str]:
        """Return how many processes live, by the job that they name."""
        return Counter(self._job_of(each.arguments) for each in self._living())

    def results(self) -> dict[str, tuple[JobStatus, int]]:
        """Return status and return code of each job's only result."""
        found = self.flow.client.list_results(self.flow.id, all_runs=True).items
        names = {job: name for name, job in self.jobs.items()}
        assert len(found) == len(names)
        return {names[each.job_id]: (each.status, each.return_code) for each in found}

    def clear(self) -> None:
        """Leave no process behind."""
        while living := list(self._all()):
            for each in living:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(each.pid, signal.SIGKILL)
        for gate in (self.end, self.never, self.vanish, self.hunger):
            gate.close()

    def torc(self) -> list[Living]:
        """Return the runners, guards and caretakers."""
        return [each for each in self._all() if _is_torc(each)]

    def _living(self) -> Iterator[Living]:
        return (each for each in self._all() if not _is_torc(each))

    def _all(self) -> Iterator[Living]:
        for path in Path("/proc").iterdir():
            if path.name.isdecimal():
                with contextlib.suppress(OSError):
                    text = (path / "cmdline").read_bytes().decode(errors="replace")
                    if self._mark in text:
                        yield Living(int(path.name), text.split("\0"))

    def programs(self) -> list[Living]:
        """Return the programs that SLEEP and STAY stand for."""
        return [each for each in self._all() if each.arguments[0].startswith(f"{self._mark}/@")]

    def sleepers(self) -> Counter[str]:
        """Return how many of these run, by job."""
        start = f"{self._mark}/@"
        return Counter(each.arguments[0].removeprefix(start) for each in self.programs())

    def _job_of(self, arguments: list[str]) -> str:
        _, _, rest = " ".join(arguments).partition(f"{self._mark}/@")
        return rest.split()[0] if rest else " ".join(arguments)

    def _command(self, row: Row) -> str:
        program = f"exec -a {self._mark}/@{row.name} cat"
        words = {
            "SLEEP": f"{program} {self.end.path} >/dev/null",
            "STAY": f"{program} {self.never.path} >/dev/null",
            "VANISH": str(self.vanish.path),
            "HERE": str(self.here),
            "LOGS": str(self.flow.output_dir / "job_stdio"),
            "CONTAINER": shlex.join(container() or SUBREAPER),
        }
        command = row.command
        for word, meant in words.items():
            command = command.replace(word, meant)
        return command

    def _missing_output(self) -> int:
        path = str(self.here / "missing")
        made = self.flow.client.create_file(File(workflow_id=self.flow.id, name="f", path=path))
        return made.id or 0


def _is_torc(process: Living) -> bool:
    return "torc_core.runner" in " ".join(process.arguments)
