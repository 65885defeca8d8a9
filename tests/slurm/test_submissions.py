"""Scripts for sbatch, submitted: no text in a field is executed, and they hold no secret."""

from __future__ import annotations

import re
import shlex
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path

import msgspec
import pytest
from core.runner.flows import Flow
from waiting import wait_for

from torc_core.clock import SystemClock
from torc_core.errors import TorcError, UsageError
from torc_core.hpc.slurm.batch.script import BatchJob, parse_directives, write_script
from torc_core.hpc.slurm.batch.submit import submit_batch
from torc_core.hpc.slurm.programs.budget import Budget
from torc_core.hpc.slurm.programs.calls import Slurm
from torc_core.model.resources import SlurmScheduler

CANARY = "canary"
HOSTILE = [
    before + core + after
    for core, (before, after) in product(
        [
            f"$(touch {CANARY})",
            f"`touch {CANARY}`",
            f"; touch {CANARY};",
            f"& touch {CANARY} &",
            f"| touch {CANARY}",
            f"|| touch {CANARY} #",
            f"\ntouch {CANARY}\n",
            f"\r\ntouch {CANARY}\r\n",
            "\n#SBATCH --wrap=id\n",
            f"\x00touch {CANARY}",
            f"\x1b]0;touch {CANARY}\x07",
            f"\u2028touch {CANARY}",
            f"${{IFS}}touch {CANARY}",
            "--wrap=id",
            "--output=/tmp/x",
            "%j%A%x",
            "%%",
            "#comment",
            "\\",
            "~root",
            "*?[a-z]",
            "$HOME $0 !!",
            "{a,b}",
            "ünïcödé",
            "a:b;c",
        ],
        [
            ("", ""),
            ("x", "x"),
            ("'", "'"),
            ('"', '"'),
            ("x' ", " 'x"),
            ('x" ', ' "x'),
            (" ", " "),
            ("\\", "\\"),
        ],
    )
]
"""Two hundred of them."""
RECORDER = """
import signal, sys
signals = {signal.SIGTERM, signal.SIGUSR1}
signal.pthread_sigmask(signal.SIG_BLOCK, signals)
print("begun", flush=True)
print("got", signal.sigwait(signals).name, sys.argv[-1], flush=True)
sys.exit(7)
"""


@pytest.fixture
def programs(slurm):
    return Slurm(SystemClock(), Budget(), environ=slurm.environ)


@pytest.fixture
def job(output):
    scheduler = SlurmScheduler(
        workflow_id=42, name="s", account="a", nodes=1, walltime="5", mem="50M", qos=None
    )
    return BatchJob(
        workflow_id=42,
        scheduler=scheduler,
        output_dir=str(output),
        url="http://127.0.0.1:1/torc-service/v1",
        comment="torc:wf42:r1:a7:1",
        program=(sys.executable, "-c", RECORDER),
    )


def said(job, slurm_job_id, ending="o"):
    path = Path(job.output_dir) / f"slurm_output_wf42_sl{slurm_job_id}.{ending}"
    return path.read_text() if path.exists() else ""


def hostile_variants(job, text):
    """Yield the job with the text in one field each, and the name of the field."""
    for field in ("account", "partition", "qos", "walltime", "mem", "tmp", "gres", "extra"):
        scheduler = msgspec.structs.replace(job.scheduler, **{field: text})
        yield field, msgspec.structs.replace(job, scheduler=scheduler)
    for field in ("prefix", "comment", "srun_mpi"):
        yield field, msgspec.structs.replace(job, one_worker_per_node=True, **{field: text})
    yield "slurm_defaults.", msgspec.structs.replace(job, defaults={text: "x"})


def refused_field(job):
    """Return the field that is named where a script is refused, None if it is not."""
    try:
        write_script(job)
    except UsageError as refused:
        return refused.details["field"]
    return None


def test_no_text_in_any_field_is_executed(slurm, programs, job, tmp_path, monkeypatch):
    assert len(HOSTILE) == 200
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    shown = msgspec.structs.replace(job, program=("/usr/bin/printf", "%s\\0"))

    wide = msgspec.structs.replace(shown, one_worker_per_node=True)
    lines = len(write_script(wide).split("\n"))

    # Fields with values of one word: what is hostile is refused by name, here or by sbatch.
    for text in HOSTILE:
        for field, variant in hostile_variants(shown, text):
            named = refused_field(variant)
            assert named is None or named.startswith(field)
            if named is None:
                assert len(write_script(variant).split("\n")) <= lines + 1

    def submit(numbered):
        """Submit a text where any may be: in quoted options, paths, and the worker's arguments."""
        number, text = numbered
        place = tmp_path / f"{number}" / text.replace("/", "_").replace("\0", "_")
        place.mkdir(parents=True)
        variant = msgspec.structs.replace(
            shown,
            output_dir=str(place),
            access_file=f"/{text}",
            scheduler=msgspec.structs.replace(
                shown.scheduler, extra=f"--mail-user={shlex.quote(text)}"
            ),
            defaults={"chdir": str(place), "mail-type": "INVALID_DEPEND"},
        )
        if refused_field(variant) is not None:
            return None
        options = parse_directives(write_script(variant))
        return variant, options, submit_batch(programs, variant, directory=tmp_path)

    with ThreadPoolExecutor(4) as pool:
        submitted = list(filter(None, pool.map(submit, enumerate(HOSTILE))))
    assert len(submitted) > 80
    for variant, options, number in submitted:
        slurm.wait_for_end(number)
        text = slurm.run("scontrol", "show", "job", str(number)).stdout
        shown_user = re.search(r"MailUser=(.*) MailType=", text)
        directory = re.search(r"WorkDir=(.*)\n", text)
        assert shown_user is not None
        assert directory is not None
        assert shown_user[1] == options["mail-user"]
        assert directory[1] == variant.output_dir
        arguments = wait_for(lambda v=variant, n=number: said(v, n), "its output").split("\0")
        assert arguments[2] == variant.output_dir
        assert arguments[arguments.index("--access-file") + 1] == variant.access_file
    assert not [path for path in tmp_path.rglob(CANARY) if path.is_file()]
    assert not list(work.iterdir())


def test_hostile_values_that_may_stand_in_a_script_reach_sbatch_as_they_are(
    slurm, programs, job, output
):
    reached = {"prefix": "a%b", "comment": "torc:(a&b)|c"}
    number = submit_batch(
        programs,
        msgspec.structs.replace(job, **reached, defaults={"hold": True}),
        directory=output,
    )
    known = slurm.show(number)
    assert (known["JobName"], known["Comment"]) == ("a%b_wf42", "torc:(a&b)|c")
    assert (known["TimeLimit"], known["Reason"]) == ("00:05:00", "JobHeldUser")
    programs.cancel([number])


SECRETS = {
    name: f"s3cret-{number}"
    for number, name in enumerate(
        [
            *("TORC_PASSWORD", "TORC_TOKEN", "TORC_CLIENT__PASSWORD", "TORC_CLIENT__TOKEN"),
            *("TORC_API_KEY", "TORC_SERVER__SECRET", "TORC_JWT"),
            *("SLURM_REST_TOKEN", "AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN"),
        ]
    )
}
OURS = [value for name, value in SECRETS.items() if name.startswith("TORC_")]


def texts_below(directory):
    for path in directory.rglob("*"):
        if path.is_file():
            yield path, path.read_bytes()


def test_no_secret_of_the_submitter_is_in_scripts_logs_and_listings(slurm, job, output):
    programs = Slurm(SystemClock(), Budget(), environ={**slurm.environ, **SECRETS})
    shown = ("/bin/sh", "-c", "env; echo begun; sleep 1000")
    number = submit_batch(
        programs,
        msgspec.structs.replace(job, program=shown, access_file=str(output / "access")),
        directory=output,
        keep=True,
    )
    printed = wait_for(
        lambda: (text := said(job, number)).endswith("begun\n") and text, "its environment"
    )
    assert "TORC_API_URL=http://127.0.0.1:1/torc-service/v1\n" in printed
    assert not [secret for secret in OURS if secret in printed]

    (script,) = output.glob("slurm_script_*.sh")
    assert script.stat().st_mode & 0o777 == 0o700
    cluster = slurm.layout.place.directory
    (spooled,) = cluster.rglob(f"job{number:05}/slurm_script")
    listed = slurm.run("scontrol", "show", "job", str(number), "--details").stdout
    texts = [script.read_text(), spooled.read_text(), listed]
    assert not [secret for secret in SECRETS.values() if any(secret in text for text in texts)]
    for path, content in texts_below(cluster):
        assert not [secret for secret in OURS if secret.encode() in content], path
    for path, content in texts_below(cluster / "log"):
        assert not [secret for secret in SECRETS.values() if secret.encode() in content], path
    programs.cancel([number])


def test_a_script_is_removed_also_after_a_refusal(slurm, programs, job, output):
    refused = msgspec.structs.replace(
        job, scheduler=msgspec.structs.replace(job.scheduler, partition="nope")
    )
    with pytest.raises(UsageError, match="the partition"):
        submit_batch(programs, refused, directory=output)
    assert not list(output.iterdir())


def test_a_directory_that_cannot_be_written_is_named(slurm, programs, job, output):
    with pytest.raises(TorcError, match="cannot be written"):
        submit_batch(programs, job, directory=output / "nowhere")


@pytest.mark.parametrize("inside", [False, True])
def test_variables_of_the_submitter_change_nothing_that_is_asked_for(slurm, job, output, inside):
    environ = {**slurm.environ, "SBATCH_TIMELIMIT": "9", "SBATCH_ARRAY_INX": "1-3"}
    environ |= (
        {"SLURM_JOB_ID": "1", "SLURM_MEM_PER_CPU": "1", "SLURM_NTASKS": "9"} if inside else {}
    )
    programs = Slurm(SystemClock(), Budget(), environ=environ)
    held = msgspec.structs.replace(job, defaults={"hold": True})
    number = submit_batch(programs, held, directory=output)
    known = slurm.show(number)
    assert known["TimeLimit"] == "00:05:00"
    assert "ArrayJobId" not in known
    programs.cancel([number])


def test_a_signal_for_the_script_reaches_the_worker_of_each_shape(slurm, programs, job, output):
    """Of those that are asked for with --signal, both at the same tick of 30 seconds."""
    timed = msgspec.structs.replace(job.scheduler, walltime="1", extra="--signal=B:TERM@60")
    wide = msgspec.structs.replace(job.scheduler, nodes=2, ntasks_per_node=2)
    shapes = {
        "alone, at the end": msgspec.structs.replace(job, scheduler=timed),
        "alone": job,
        "on each node": msgspec.structs.replace(job, scheduler=wide, one_worker_per_node=True),
    }
    numbers = {name: submit_batch(programs, j, directory=output) for name, j in shapes.items()}
    begun = {"alone, at the end": 1, "alone": 1, "on each node": 2}
    for name, count in begun.items():
        wait_for(
            lambda n=name, c=count: said(job, numbers[n]).count("begun") == c,
            f"workers {name}",
            250,
        )
    for name in ("alone", "on each node"):
        slurm.run("scancel", "--batch", f"--signal={signal.SIGTERM.name}", str(numbers[name]))
    for number in numbers.values():
        assert slurm.wait_for_end(number) == "FAILED"
        assert slurm.show(number)["ExitCode"] == "7:0"
    got = {name: re.findall(r"got (\w+)", said(job, number)) for name, number in numbers.items()}
    assert got == {
        "alone, at the end": ["SIGTERM"],
        "alone": ["SIGTERM"],
        "on each node": ["SIGUSR1", "SIGUSR1"],
    }
    assert said(job, numbers["on each node"]).count("--is-subtask") == 2


def test_workers_end_one_by_one_each_with_its_own_exit_code(slurm, programs, job, output):
    leave = "case $SLURM_PROCID in 0) exit 5;; *) sleep 1; echo stayed;; esac"
    wide = msgspec.structs.replace(job.scheduler, nodes=3)
    number = submit_batch(
        programs,
        msgspec.structs.replace(
            job, scheduler=wide, one_worker_per_node=True, program=("/bin/sh", "-c", leave)
        ),
        directory=output,
    )
    assert slurm.wait_for_end(number) == "FAILED"
    assert slurm.show(number)["ExitCode"] == "5:0"
    assert said(job, number).count("stayed") == 2


@pytest.mark.parametrize("one_per_node", [False, True])
def test_the_worker_of_a_script_runs_the_jobs_of_its_workflow(
    slurm, programs, client, output, one_per_node
):
    flow = Flow(client, output)
    jobs = [flow.add("echo $SLURMD_NODENAME", name=f"j{number}") for number in range(3)]
    flow.start()
    scheduler = SlurmScheduler(
        workflow_id=flow.id, account="a", nodes=2, walltime="5", mem="500M", ntasks_per_node=2
    )
    number = submit_batch(
        programs,
        BatchJob(
            workflow_id=flow.id,
            scheduler=scheduler,
            output_dir=str(output),
            url=client.url,
            comment="torc:test",
            poll_interval_s=1,
            one_worker_per_node=one_per_node,
        ),
        directory=output,
    )
    assert slurm.wait_for_end(number) == "COMPLETED"
    assert {flow.status(job) for job in jobs} == {"completed"}
    assert len(client.list_compute_nodes(flow.id).items) == 1 + one_per_node
    assert (output / f"slurm_output_wf{flow.id}_sl{number}.e").exists()
