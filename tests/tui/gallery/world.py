"""What the pictures show: one server, on which everything happened at a known time."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from torc_core.client import TorcClient
from torc_core.clock import utc_text
from torc_core.host.files.json_file import write_record
from torc_core.host.process import ProcessIdentity
from torc_core.host.runs import RunMeta, RunStatus, create_run
from torc_core.model.compute import ComputeNode, ComputeNodePatch, ScheduledComputeNode
from torc_core.model.job import Job
from torc_core.model.records.run_step import Step, StepStatus
from torc_core.model.records.workflow_run import StartRequest
from torc_core.model.result import Result
from torc_core.model.status import JobStatus
from torc_core.model.workflow import Workflow
from torc_core.operations.definition.create import create_workflow
from torc_core.operations.lifecycle.initialize import initialize_workflow
from torc_core.runner.monitor.samples import SampleDatabase, StoredNodeSample, StoredSample
from torc_core.runner.policy.output_paths import job_stdio
from torc_core.spec import load_workflow
from torc_tui.widgets import message_line

BEGIN = datetime(2027, 3, 1, 8, 0, tzinfo=UTC).timestamp()
"""When the first workflow is created."""
NOW = datetime(2027, 3, 1, 14, 2, 11, tzinfo=UTC).timestamp()
"""When the pictures are made."""
OF_ADA = 2
"""The workflow of another user."""

CLIMATE = """
name: climate-ens
description: Seasonal ensemble of 2026, 40 members
project: seasonal
parameters: {member: "1:40"}
resource_requirements:
  - {name: small, num_cpus: 1, memory: 2g, runtime: PT20M}
  - {name: model, num_cpus: 16, memory: 48g, runtime: PT2H}
files:
  - {name: forcing, path: input/forcing_2026.nc}
  - {name: "state_{member:02}", path: "work/state_{member:02}.nc", use_parameters: [member]}
  - {name: summary, path: output/summary.csv}
user_data:
  - {name: grid, data: {resolution: 0.25, levels: 91}}
slurm_schedulers:
  - {name: short, account: seasonal, nodes: 4, walltime: "04:00:00"}
jobs:
  - name: fetch
    command: "python fetch.py --year 2026 --variables t2m,tp,msl,u10 --out input/forcing_2026.nc"
    output_files: [forcing]
    resource_requirements: small
  - name: "member_{member:02}"
    command: "mpirun -n 16 ./model --member {member} --in input/forcing_2026.nc"
    input_files: [forcing]
    input_user_data: [grid]
    output_files: ["state_{member:02}"]
    resource_requirements: model
    use_parameters: [member]
  - name: merge
    command: "python merge.py work/state_*.nc --csv output/summary.csv"
    input_file_regexes: ["state_.*"]
    output_files: [summary]
    resource_requirements: small
  - name: report
    command: quarto render report.qmd
    input_files: [summary]
    resource_requirements: small
"""
TRAINING = """
name: train-grid
description: Learning rates and seeds
parameters: {seed: "1:4", rate: "[0.001,0.01,0.1]"}
resource_requirements:
  - {name: fit, num_cpus: 1, memory: 1g, runtime: PT1H}
  - {name: small, num_cpus: 1, memory: 1g, runtime: PT10M}
jobs:
  - {name: prepare, command: python prepare.py, resource_requirements: small}
  - name: "fit_{rate}_{seed}"
    command: "python fit.py --rate {rate} --seed {seed} --data /scratch/vision/train"
    depends_on: [prepare]
    resource_requirements: fit
    use_parameters: [seed, rate]
  - name: evaluate
    command: python evaluate.py
    depends_on_regexes: ["fit_.*"]
    resource_requirements: small
"""


class World:
    """Makes things happen at their time.

    Args:
        client: The server.
        clock: The file whose time is the server's.
    """

    def __init__(self, client: TorcClient, clock: Path) -> None:
        self.client = client
        self.clock = clock

    def at(self, text: str) -> str:
        """Go to a time of that day; return the moment as records have it."""
        hours, minutes, seconds = (*map(int, text.split(":")), 0)[:3]
        moment = BEGIN - 8 * 3600 + hours * 3600 + minutes * 60 + seconds
        os.utime(self.clock, (moment, moment))
        return utc_text(int(moment * 1000))

    def create(self, text: str, user: str = "tester") -> int:
        """Create a workflow from a file."""
        path = Path("spec.yaml")
        path.write_text(text)
        spec = load_workflow(path)
        path.unlink()
        return create_workflow(self.client, spec, user=user)

    def jobs(self, workflow: int) -> dict[str, Job]:
        """Return its jobs by name."""
        return {job.name: job for job in self.client.list_jobs(workflow).items}

    def node(self, workflow: int, host: str, since: str, **more) -> int:
        """A runner registers."""
        node = {
            "num_cpus": 64, "memory_gb": 256.0, "num_gpus": 0, "num_nodes": 1, "is_active": True,
            "compute_node_type": "local", "pid": 7700,
        } | more  # fmt: skip
        return self.client.create_compute_node(
            ComputeNode(workflow_id=workflow, hostname=host, start_time=self.at(since), **node)
        ).id

    def start(self, job: Job, node: int, run: int = 1) -> None:
        self.client.manage_status_change(job.id, JobStatus.PENDING, run)
        self.client.start_job(job.id, run, node)

    def end(
        self, job: Job, node: int, at: str, minutes: float, *,
        code: int = 0, run: int = 1, memory: int = 2**30, cpu: float = 96.0,
    ) -> None:  # fmt: skip
        """An attempt ends at a time."""
        status = JobStatus.FAILED if code else JobStatus.COMPLETED
        self.client.complete_job(
            job.id, status, run,
            Result(
                job_id=job.id, workflow_id=job.workflow_id, run_id=run, attempt_id=job.attempt_id,
                compute_node_id=node, return_code=code, exec_time_minutes=minutes,
                completion_time=self.at(at), status=status, peak_memory_bytes=memory,
                avg_memory_bytes=memory * 3 // 4, peak_cpu_percent=cpu, avg_cpu_percent=cpu * 0.8,
            ),
        )  # fmt: skip


def write_log(job: Job, run: int, out: str, err: str = "") -> None:
    """Write what an attempt has printed."""
    base = job_stdio("output", job.workflow_id, job.id, run, job.attempt_id)
    for suffix, text in ((".o", out), (".e", err)):
        path = Path(f"{base}{suffix}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        os.utime(path, (NOW, NOW))


def make(client: TorcClient, clock: Path) -> None:
    """Let everything happen."""
    world = World(client, clock)
    _small_ones(world)
    _climate(world)
    _training(world)
    _watched(world)
    Path("broken.yaml").write_text(BROKEN)
    os.utime(clock, (NOW, NOW))


def _small_ones(world: World) -> None:
    world.at("8:00")
    client = world.client
    client.create_workflow(Workflow(name="old-pilot", user="tester"))
    client.archive_workflow(1, is_archived=True)
    world.at("8:05")
    assert client.create_workflow(Workflow(name="of-ada", user="ada")).id == OF_ADA
    world.at("8:10")
    client.create_workflow(Workflow(name="notes", user="tester", description="Nothing in it yet"))
    for name, count in (
        ("quality-control-of-the-whole-archive-1979-2026-second-attempt", 120),
        ("nightly", 4),
    ):
        number = client.create_workflow(Workflow(name=name, user="tester")).id
        jobs = client.create_jobs(
            [Job(workflow_id=number, name=f"check_{at}", command=f"./check.sh {at}")
             for at in range(1, count + 1)]
        )  # fmt: skip
        if name != "nightly":
            continue
        initialize_workflow(client, number)
        node = world.node(number, "login1", "8:20")
        for at, job in enumerate(jobs):
            world.start(job, node, 1)
            world.end(job, node, f"8:2{at + 1}", 0.9, run=1)
        client.update_compute_node(node, ComputeNodePatch(is_active=False))


def _climate(world: World) -> None:
    client = world.client
    world.at("9:00")
    number = world.create(CLIMATE)
    initialize_workflow(client, number)
    jobs = world.jobs(number)
    run = client.get_workflow_status(number).run_id
    scheduler = client.list_slurm_schedulers(number).items[0]
    for slurm_job, status in ((8810, "complete"), (8811, "active"), (8812, "pending")):
        client.create_scheduled_compute_node(
            ScheduledComputeNode(
                workflow_id=number, scheduler_id=slurm_job, scheduler_config_id=scheduler.id,
                scheduler_type="slurm", status=status,
            )
        )  # fmt: skip
    login = world.node(number, "login1", "9:05", is_active=True)
    world.start(jobs["fetch"], login, run)
    world.end(jobs["fetch"], login, "9:21", 15.6, run=run, memory=900 * 2**20)
    client.update_compute_node(login, ComputeNodePatch(is_active=False, duration_seconds=960.0))
    nodes = [
        world.node(number, host, "9:30", compute_node_type="slurm", pid=4242 + at,
                   time_limit="PT4H50M", scheduler={"slurm_job_id": "8811"})
        for at, host in enumerate(("r12n03", "r12n04"))
    ]  # fmt: skip
    members = [jobs[f"member_{at:02}"] for at in range(1, 41)]
    for wave in range(3):
        for at in range(8):
            world.at(f"{10 + wave}:{at:02}")
            world.start(members[8 * wave + at], nodes[at % 2], run)
        for at in range(8):
            job = members[8 * wave + at]
            code = {5: 1, 13: 137, 22: 1}.get(8 * wave + at, 0)
            world.end(job, nodes[at % 2], f"{10 + wave}:{50 + at}", 50.0 + at / 3, code=code,
                      run=run, memory=(30 + at) * 2**30, cpu=1500.0 + 9 * at)  # fmt: skip
            write_log(job, run, _model_output(200), _traceback(8 * wave + at) if code else "")
    for at in range(8):
        world.at(f"13:{at:02}")
        world.start(members[24 + at], nodes[at % 2], run)
        write_log(members[24 + at], run, _model_output(120 + at))
    client.manage_status_change(members[39].id, JobStatus.CANCELED, run)
    _samples(number, run, members[:3], nodes)


def _training(world: World) -> None:
    client = world.client
    world.at("9:40")
    number = world.create(TRAINING)
    initialize_workflow(client, number)
    jobs = world.jobs(number)
    fits = [job for name, job in jobs.items() if name.startswith("fit_")]
    first = client.get_workflow_status(number).run_id
    for run, begin in ((first, 9), (first + 1, 12)):
        if run != first:
            client.reset_job_status(number)
            client.start_workflow(number, StartRequest(user="tester"))
        node = world.node(number, "gpu07", f"{begin}:45", num_cpus=32, num_gpus=4)
        world.start(jobs["prepare"], node, run)
        world.end(jobs["prepare"], node, f"{begin}:48", 2.5, run=run, memory=300 * 2**20)
        for at, job in enumerate(fits):
            world.start(job, node, run)
            code = {2: 137, 5: 137, 7: 1}.get(at, 0) if run != first else {7: 1}.get(at, 0)
            world.end(job, node, f"{begin}:{50 + at % 8}:{at:02}", 1.5 + at / 4 + run / 3,
                      code=code, run=run, memory=(900 + at) * 2**20)  # fmt: skip
            write_log(job, run, _epochs(at), _fit_error(code))
        client.update_compute_node(node, ComputeNodePatch(is_active=False))


def _watched(world: World) -> None:
    """The workflow of another user runs on this machine."""
    client = world.client
    world.at("13:50")
    job = client.create_jobs([Job(workflow_id=OF_ADA, name="survey", command="./survey.sh")])[0]
    initialize_workflow(client, OF_ADA)
    world.start(job, world.node(OF_ADA, "login1", "13:55"))


def _model_output(days: int) -> str:
    lines = (
        f"day {day:4}  dt=300 s  cfl=0.{40 + day % 37}  mass={1e18 + day:.6e}"
        for day in range(days)
    )
    return "model 4.2, 16 ranks\n" + "\n".join(lines) + "\n"


def _traceback(member: int) -> str:
    return (
        "Traceback (most recent call last):\n"
        '  File "/home/tester/climate/model/run.py", line 88, in <module>\n'
        "    state = read_state(path)\n"
        '  File "/home/tester/climate/model/io.py", line 31, in read_state\n'
        "    raise KeyError(name)\n"
        f"KeyError: 'lat' in member {member}\n"
    )


def _epochs(seed: int) -> str:
    return "".join(f"epoch {at:3}/100 loss={2.0 / (at + 1 + seed):.4f}\n" for at in range(60))


def _fit_error(code: int) -> str:
    if code == 137:
        return "slurmstepd: error: Detected 1 oom_kill event in StepId=8811.4.\nKilled\n"
    return "ValueError: loss is not finite at epoch 42\n" if code else ""


def _samples(workflow: int, run: int, jobs: list[Job], nodes: list[int]) -> None:
    folder = Path("output/resource_utilization")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"resource_metrics_r12n03_{workflow}_{run}.db"
    database = SampleDatabase(str(path), 0o644)
    for at in range(120):
        moment = BEGIN + 2 * 3600 + 30.0 * at
        for step, job in enumerate(jobs):
            database.add(
                StoredSample(job_id=job.id, job_name=job.name, timestamp=moment,
                             cpu_percent=1400.0 + 40 * step + 7 * (at % 11),
                             memory_bytes=2**28 * (at + 20 * step), num_processes=17)
            )  # fmt: skip
        database.add(
            StoredNodeSample(compute_node_id=nodes[0], timestamp=moment,
                             cpu_percent=5600.0 + at % 9, memory_bytes=2**30 * (90 + at // 2))
        )  # fmt: skip
    database.close()


def freeze(monkeypatch) -> None:
    """Let the time of this process be that of the pictures, and notices stay."""
    monkeypatch.setattr(message_line, "_GLANCE_S", 3600.0)
    monkeypatch.setattr(time, "time", lambda: NOW)
    monkeypatch.setattr(time, "time_ns", lambda: int(NOW * 1e9))


def be_there(monkeypatch, nothing: Path) -> None:
    """Let it be that time in this process, and let there be no programs, such as Slurm's."""
    monkeypatch.setenv("PATH", str(nothing))
    freeze(monkeypatch)


def make_runs() -> None:
    """Leave runs of this machine, as if they had been started on another login node."""
    here = ProcessIdentity.of(os.getpid())
    there = msgspec.structs.replace(here, boot_id="another", host="login2", pid=4711)
    for number, name, ended in ((6, "climate-ens", None), (5, "nightly", 0), (7, "train-grid", 1)):
        run = create_run(
            RunMeta(
                run_id=f"20270301T0{number}0000-wf{number}-abc{number}", workflow_id=number,
                workflow_name=name, url="http://127.0.0.1:9", output_dir="output",
                cwd="/home/tester", started_at=f"2027-03-01T0{number}:00:00Z", is_detached=True,
                process=there,
            )
        )  # fmt: skip
        write_record(run.path / "status.json", RUN_STATUS)
        if ended is not None:
            run.end("failed" if ended else "completed", ended)


RUN_STATUS = RunStatus(
    updated_at="2027-03-01T14:01:00Z",
    summary={"completed": 22, "failed": 3, "running": 8, "pending": 10},
    steps=[Step(job_id=17, name="fetch", status=StepStatus.COMPLETED)],
    steps_left_out=42,
)
BROKEN = "name: bad\njobs:\n  - nme: a\n    command: x\n  - name: b\n    comand: y\n"
