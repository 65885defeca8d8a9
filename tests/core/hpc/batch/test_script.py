"""Scripts for sbatch. That sbatch reads them so is tried with the real one, in tests/slurm."""

import shlex
import subprocess

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc_core.errors import UsageError
from torc_core.hpc.slurm.batch.script import BatchJob, parse_directives, write_script
from torc_core.model.resources import SlurmScheduler

SCHEDULER = SlurmScheduler(
    workflow_id=42, name="s", account="a", nodes=2, walltime="04:00:00", qos=None
)
JOB = BatchJob(
    workflow_id=42,
    scheduler=SCHEDULER,
    output_dir="/work/out",
    url="http://login1:8080/torc-service/v1",
    comment="torc:wf42:r1:a7:1",
    program=("/venv/bin/python", "-m", "worker"),
)


def with_fields(**fields):
    return msgspec.structs.replace(JOB, scheduler=msgspec.structs.replace(SCHEDULER, **fields))


def test_a_script_states_what_the_scheduler_says():
    job = with_fields(
        partition="gpu",
        mem="180G",
        gres="gpu:2",
        qos="high",
        ntasks_per_node=4,
        tmp="10G",
        extra="--exclusive -C skylake",
    )
    assert parse_directives(write_script(job)) == {
        "job-name": "worker_wf42",
        "output": "/work/out/slurm_output_wf42_sl%j.o",
        "error": "/work/out/slurm_output_wf42_sl%j.e",
        "open-mode": "append",
        "comment": "torc:wf42:r1:a7:1",
        "account": "a",
        "partition": "gpu",
        "qos": "high",
        "nodes": "2",
        "ntasks-per-node": "4",
        "time": "04:00:00",
        "mem": "180G",
        "tmp": "10G",
        "gres": "gpu:2",
        "exclusive": None,
        "constraint": "skylake",
    }


def test_a_worker_for_all_nodes_is_the_script_itself():
    job = msgspec.structs.replace(
        with_fields(id=5), max_parallel_jobs=3, access_file="/work/out/a b", poll_interval_s=2.5
    )
    last = write_script(job).splitlines()[-1]
    assert shlex.split(last) == [
        *("exec", "/venv/bin/python", "-m", "worker"),
        *("http://login1:8080/torc-service/v1", "42", "/work/out"),
        *("--poll-interval", "2.5", "--max-parallel-jobs", "3", "--access-file", "/work/out/a b"),
        *("--allocation-key", "torc:wf42:r1:a7:1", "--scheduler-config-id", "5"),
    ]


def test_a_worker_per_node_is_started_by_srun():
    script = write_script(msgspec.structs.replace(JOB, one_worker_per_node=True, srun_mpi="none"))
    (line,) = (line for line in script.splitlines() if line.startswith("srun "))
    assert {"--ntasks-per-node=1", "--mpi=none", "--is-subtask", "&"} <= set(shlex.split(line))
    assert "unset SLURM_MEM_PER_CPU SLURM_MEM_PER_GPU\n" in script


@pytest.mark.parametrize("one_per_node", [True, False])
def test_a_script_is_one_that_bash_reads(one_per_node):
    script = write_script(msgspec.structs.replace(JOB, one_worker_per_node=one_per_node))
    subprocess.run(["/bin/bash", "-n"], input=script, text=True, check=True)


def test_the_scheduler_counts_before_extra_and_extra_before_defaults():
    defaults = {
        "qos": "low",
        "account": "other",
        "constraint": "cpu",
        "mail_user": "a@b",
        "exclusive": True,
        "requeue": False,
        "nice": 5,
        "hold": None,
    }
    job = msgspec.structs.replace(
        with_fields(qos="high", extra="--constraint=gpu"), defaults=defaults
    )
    options = parse_directives(write_script(job))
    assert (options["qos"], options["account"], options["constraint"]) == ("high", "a", "gpu")
    assert (options["mail-user"], options["exclusive"], options["nice"]) == ("a@b", None, "5")
    assert not {"requeue", "hold"} & options.keys()


def test_the_beginning_of_an_option_is_the_option_unless_it_is_one_itself():
    job = msgspec.structs.replace(
        with_fields(ntasks_per_node=2, extra="--ntasks=4"), defaults={"acc": "other"}
    )
    options = parse_directives(write_script(job))
    assert (options["ntasks-per-node"], options["ntasks"]) == ("2", "4")
    assert "acc" not in options


def refused_field(job):
    with pytest.raises(UsageError) as refused:
        write_script(job)
    return refused.value.details["field"]


@pytest.mark.parametrize("field", ["account", "partition", "qos", "mem", "tmp", "gres"])
@pytest.mark.parametrize("value", ["a\nb", "a b", "$(id)", "a;id", "x" * 300, "\x00"])
def test_a_value_that_could_be_more_than_one_is_refused_by_its_field(field, value):
    assert refused_field(with_fields(**{field: value})) == field


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("walltime", "1:00\n2"),
        ("walltime", "soon"),
        ("nodes", 0),
        ("ntasks_per_node", -1),
        ("extra", "--x\n#SBATCH --y"),
        ("extra", "--time=9"),
        ("extra", "--ti=9"),
        ("extra", "--output=/etc/x"),
    ],
)
def test_so_are_other_fields(field, value):
    assert refused_field(with_fields(**{field: value})) == field


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"prefix": "a\nb"}, "prefix"),
        ({"comment": "a b"}, "comment"),
        ({"output_dir": "out"}, "output_dir"),
        ({"output_dir": "/a\nb"}, "output_dir"),
        ({"output_dir": "/a\\b"}, "output_dir"),
        ({"url": "http://me:secret@host/"}, "url"),
        ({"url": "http://host/\n"}, "url"),
        ({"access_file": "token"}, "access_file"),
        ({"srun_mpi": "a b", "one_worker_per_node": True}, "srun_mpi"),
        ({"defaults": {"partition": "x"}}, "slurm_defaults.partition"),
        ({"defaults": {"output": "x"}}, "slurm_defaults.output"),
        ({"defaults": {"qos": "a\nb"}}, "slurm_defaults.qos"),
        ({"defaults": {"qos": ["a"]}}, "slurm_defaults.qos"),
        ({"defaults": {"a\nb": "x"}}, "slurm_defaults.a\nb"),
    ],
)
def test_so_is_what_the_submission_adds(changes, field):
    assert refused_field(msgspec.structs.replace(JOB, **changes)) == field


@given(st.text(), st.text(), st.sampled_from(["/o", "/a b", "/50%", '/"x"', "/'#"]))
def test_a_value_is_read_back_or_refused_and_never_adds_a_line(extra, default, directory):
    plain = len(write_script(JOB).splitlines())
    job = msgspec.structs.replace(
        with_fields(extra=f"--constraint={shlex.quote(extra)}"),
        output_dir=directory,
        defaults={"mail-user": default},
    )
    try:
        script = write_script(job)
    except UsageError:
        return
    options = parse_directives(script)
    assert len(script.split("\n")) - 1 == plain + 1 + (default != "")
    assert options["constraint"] == extra
    assert options.get("mail-user", "") == default
    assert options["output"] == f"{directory.replace('%', '%%')}/slurm_output_wf42_sl%j.o"
