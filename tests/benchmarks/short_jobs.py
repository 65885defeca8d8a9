"""Short jobs: how many per second, beside HyperQueue in the same run; how soon one is done.

    python tests/benchmarks/short_jobs.py [--jobs 2000] [--rounds 3] [--slots 2]

Every job is `bash -c true` with two output files and a durable result. The systems take turns, so
that a busy machine slows both; the ratio is the figure to trust. Servers and workers are up before
the clock starts. CPU is that of server and runner without the jobs. `xargs` does the same with
nothing recorded: what bash and the machine leave to anybody.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import logging
import os
import resource
import select
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import hyperqueue
from hyperqueue.cluster import LocalCluster, WorkerConfig

from torc_core.client import TorcClient
from torc_core.model.job import Job
from torc_core.model.workflow import Workflow
from torc_core.operations.initialize import initialize_workflow
from torc_core.runner.policy.options import RunnerOptions
from torc_core.runner.runner import Runner
from torc_core.service import PORT_LINE

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
GOAL_RATE = 800
GOAL_RATIO = 1.5
GOAL_ONE_JOB_MS = 25
GOAL_DIAMOND_S = 0.3


def main() -> None:
    """Print one line per figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--slots", type=int, default=2)
    arguments = parser.parse_args()
    logging.getLogger("torc.runner").setLevel(logging.WARNING)
    with tempfile.TemporaryDirectory() as place, torc_server(Path(place)) as server:
        compare(Path(place), server, arguments)
        bench = Torc(Path(place), server)
        tell_ms("one job at an idle runner", one_job(bench), GOAL_ONE_JOB_MS)
        over = [bench.diamond() for _ in range(5)]
        print(f"diamond: {statistics.median(over):.3f} s over its jobs' time ({GOAL_DIAMOND_S})")


def compare(place: Path, server: Server, arguments: argparse.Namespace) -> None:
    """Run both systems by turns and print the rates."""
    peer = HyperQueue(place, arguments.slots)
    bench = Torc(place, server)
    rates: dict[str, list[float]] = {"torc": [], "HyperQueue": [], "xargs": []}
    cpu_us = []
    for _ in range(arguments.rounds):
        before = server.cpu_s() + own_cpu_s()
        rates["torc"].append(arguments.jobs / bench.short_jobs(arguments.jobs, arguments.slots))
        cpu_us.append((server.cpu_s() + own_cpu_s() - before) / arguments.jobs * 1e6)
        rates["HyperQueue"].append(arguments.jobs / peer.short_jobs(arguments.jobs))
        rates["xargs"].append(arguments.jobs / xargs(place, arguments.jobs, arguments.slots))
    peer.stop()
    for name, values in rates.items():
        print(f"{name}: {statistics.median(values):.0f} jobs/s  {[round(v) for v in values]}")
    ratio = statistics.median(rates["torc"]) / statistics.median(rates["HyperQueue"])
    print(f"torc / HyperQueue: {ratio:.2f} (goal {GOAL_RATIO}, and {GOAL_RATE} jobs/s)")
    share = statistics.median(rates["torc"]) / statistics.median(rates["xargs"])
    print(f"torc / xargs, the ceiling: {share:.2f}")
    print(f"CPU of server and runner per job: {statistics.median(cpu_us):.0f} us")


class Server:
    """A torc server of its own process."""

    def __init__(self, process: subprocess.Popen[str], url: str) -> None:
        self.process = process
        self.url = url

    def cpu_s(self) -> float:
        """Return the CPU time that it has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


@contextlib.contextmanager
def torc_server(place: Path) -> Iterator[Server]:
    """Start a server on a database of its own."""
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "torc_server", "run", "--port", "0"),
            *("--database", str(place / "torc.db")),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    while select.select([process.stdout], [], [], 60)[0]:
        line = process.stdout.readline()
        if line.startswith(PORT_LINE):
            break
    port = int(line.removeprefix(PORT_LINE))
    try:
        yield Server(process, f"http://127.0.0.1:{port}/torc-service/v1")
    finally:
        process.terminate()
        process.wait()


class Torc:
    """Our side: the runner works in this process."""

    def __init__(self, place: Path, server: Server) -> None:
        self.place = place
        self.client = TorcClient(server.url)
        self.count = 0

    def workflow(self, jobs: list[tuple[str, str, list[str]]], **settings: object) -> int:
        """Create jobs of (name, command, names of those before it), initialize, return the id."""
        workflow_id = self.client.create_workflow(
            Workflow(name="bench", user="bench", **settings)
        ).id
        ids: dict[str, int] = {}
        if not any(after for _, _, after in jobs):
            plain = [Job(workflow_id=workflow_id, name=n, command=c) for n, c, _ in jobs]
            for start in range(0, len(plain), 10_000):
                self.client.create_jobs(plain[start : start + 10_000])
        else:
            for name, command, after in jobs:
                job = Job(
                    workflow_id=workflow_id,
                    name=name,
                    command=command,
                    depends_on_job_ids=[ids[other] for other in after],
                )
                ids[name] = self.client.create_job(job).id
        initialize_workflow(self.client, workflow_id)
        return workflow_id

    def options(self, workflow_id: int, slots: int = 2) -> RunnerOptions:
        """Return options with a fresh output directory: old ones grow slow."""
        self.count += 1
        out = str(self.place / f"out{self.count}")
        return RunnerOptions(workflow_id=workflow_id, output_dir=out, num_cpus=slots)

    def short_jobs(self, count: int, slots: int) -> float:
        """Return the seconds that `count` jobs take."""
        workflow_id = self.workflow([(f"j{i}", "true", []) for i in range(count)])
        options = self.options(workflow_id, slots)
        started = time.perf_counter()
        summary = Runner(self.client, options).run()
        elapsed = time.perf_counter() - started
        assert summary.jobs_by_status["completed"] == count, summary
        shutil.rmtree(options.output_dir)
        return elapsed

    def wait_for_results(self, workflow_id: int, count: int) -> None:
        """Return when so many results are stored; looking every 2 ms costs the server little."""
        while self.client.list_results(workflow_id, limit=1).total_count < count:
            time.sleep(0.002)

    def diamond(self) -> float:
        """Return the seconds that a diamond takes beyond the 0.6 s of its jobs."""
        sleep = "sleep 0.2"
        jobs = [
            ("a", sleep, []),
            ("b", sleep, ["a"]),
            ("c", sleep, ["a"]),
            ("d", sleep, ["b", "c"]),
        ]
        options = self.options(self.workflow(jobs))
        started = time.perf_counter()
        assert Runner(self.client, options).run().exit_code == 0
        return time.perf_counter() - started - 0.6


def one_job(bench: Torc, rounds: int = 25) -> list[float]:
    """Return the seconds from making a job ready to seeing its result, for a waiting runner."""
    workflow_id = bench.workflow(
        [("first", "true", [])], compute_node_ignore_workflow_completion=True
    )
    options = bench.options(workflow_id)
    code = (
        "import sys; from torc_core.client import TorcClient;"
        "from torc_core.runner.policy.options import RunnerOptions;"
        "from torc_core.runner.runner import Runner;"
        "options = RunnerOptions(workflow_id=int(sys.argv[2]), output_dir=sys.argv[3]);"
        "Runner(TorcClient(sys.argv[1]), options).run()"
    )
    arguments = [bench.client.url, str(workflow_id), options.output_dir]
    runner = subprocess.Popen([sys.executable, "-c", code, *arguments])
    bench.wait_for_results(workflow_id, 1)
    times = []
    for index in range(rounds):
        bench.client.create_job(Job(workflow_id=workflow_id, name=f"n{index}", command="true"))
        started = time.perf_counter()
        bench.client.initialize_jobs(workflow_id, only_uninitialized=True)
        bench.wait_for_results(workflow_id, index + 2)
        times.append(time.perf_counter() - started)
    runner.kill()
    runner.wait()
    return times


class HyperQueue:
    """The peer: server and worker on threads of this process."""

    def __init__(self, place: Path, slots: int) -> None:
        self.place = place
        (place / "hq").mkdir()
        self.cluster = LocalCluster(str(place / "hq"), WorkerConfig(cores=slots))
        self.client = self.cluster.client()
        self.count = 0

    def short_jobs(self, count: int) -> float:
        """Return the seconds that `count` jobs take."""
        self.count += 1
        out = self.place / f"hq-out{self.count}"
        out.mkdir()
        job = hyperqueue.Job(self.place)
        for index in range(count):
            job.program(
                ["bash", "-c", "true"],
                stdout=str(out / f"{index}.o"),
                stderr=str(out / f"{index}.e"),
            )
        started = time.perf_counter()
        with contextlib.redirect_stderr(io.StringIO()):  # its progress bar
            self.client.wait_for_jobs([self.client.submit(job)])
        elapsed = time.perf_counter() - started
        shutil.rmtree(out)
        return elapsed

    def stop(self) -> None:
        """End it."""
        self.cluster.stop()


def xargs(place: Path, count: int, slots: int) -> float:
    """Return the seconds that `xargs` takes for jobs with two files each and no record."""
    with tempfile.TemporaryDirectory(dir=place) as out:
        started = time.perf_counter()
        subprocess.run(
            ["xargs", f"-P{slots}", "-I{}", "bash", "-c", "true >{}.out 2>{}.err"],
            input="\n".join(map(str, range(count))),
            cwd=out,
            text=True,
            check=True,
        )
        return time.perf_counter() - started


def own_cpu_s() -> float:
    """Return the CPU time of this process without its children."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def tell_ms(name: str, times: list[float], goal: float) -> None:
    """Print a median and the worst."""
    print(
        f"{name}: {statistics.median(times) * 1000:.1f} ms (goal {goal});"
        f" worst {max(times) * 1000:.1f} ms of {len(times)}"
    )


if __name__ == "__main__":
    main()
