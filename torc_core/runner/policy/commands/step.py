"""A job as a step of a Slurm allocation: what starts it, and what srun's words say of its end.

The step has its own limits, which Slurm enforces in cgroups where the site has them. It runs on the
runner's own node and writes its files itself: what srun says goes to a file of its own.

Sources: srun(1) and scancel(1) of Slurm 22.05 and 24.11; words of both, from trials and from
"Out Of Memory" and "DUE TO TIME LIMIT" in their sources' messages.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import msgspec

from torc_core.model.exchange import ClaimedJob
from torc_core.model.execution import ExecutionConfig, ExecutionMode
from torc_core.model.ids import JobId, WorkflowId, id_of
from torc_core.resources import Resources
from torc_core.runner.policy.commands.step_site import StepSite
from torc_core.runner.policy.exit_outcome import StopReason
from torc_core.runner.policy.limits import memory_limit, runtime_limit_s

_MIB = 2**20
_MINUTE_S = 60
_MODES = frozenset({ExecutionMode.SLURM, ExecutionMode.AUTO})


class StepFiles(msgspec.Struct, frozen=True, kw_only=True):
    """The files of one step."""

    number: str
    """Where its number is written when it begins, and the time, in seconds since 1970."""
    words: str
    """Where srun's words go."""
    stdout: str
    """Where the job's own output goes; exists."""
    stderr: str


def wants_steps(execution: ExecutionConfig) -> bool:
    """Return whether a workflow wants its jobs to become steps where they can."""
    return execution.mode in _MODES


def is_step(claimed: ClaimedJob) -> bool:
    """Return whether a job becomes a step where jobs do; one of several nodes starts its own."""
    return claimed.num_nodes <= 1


def step_name(workflow_id: WorkflowId, job_id: JobId, run_id: int, attempt_id: int) -> str:
    """Return what the step of an attempt is called in Slurm's accounts."""
    return f"wf{workflow_id}_j{job_id}_r{run_id}_a{attempt_id}"


class StepOwner(msgspec.Struct, frozen=True):
    """The attempt that a step is of."""

    workflow_id: WorkflowId
    job_id: JobId
    run_id: int
    attempt_id: int


_NAME = re.compile(r"wf(\d{1,18})_j(\d{1,18})_r(\d{1,18})_a(\d{1,18})", re.ASCII)


def owner_of(name: str) -> StepOwner | None:
    """Return the attempt that a step of this name is of, None if it is of none."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    workflow_id, job_id, run_id, attempt_id = map(int, match.groups())
    return StepOwner(WorkflowId(workflow_id), JobId(job_id), run_id, attempt_id)


def step_arguments(
    claimed: ClaimedJob, site: StepSite, execution: ExecutionConfig, total: Resources
) -> list[str]:
    """Return srun's options for a job.

    Args:
        claimed: The job, of one node.
        site: Where.
        execution: Says what srun is to do beside.
        total: What the runner offers; a job that states no requirements gets the part of its
            memory that it gets of its CPUs, since a step without a limit takes all.
    """
    job = claimed.job
    name = step_name(job.workflow_id, id_of(job), claimed.run_id, job.attempt_id)
    num_cpus = max(claimed.num_cpus, 1)
    share = total.memory_bytes * num_cpus // max(total.num_cpus, 1)
    memory = memory_limit(claimed) or share
    options = [
        *("--nodes=1", "--ntasks=1", f"--nodelist={site.node}", f"--job-name={name}"),
        *("--input=none", "--export=ALL", "--unbuffered"),
        f"--mem={max(memory // _MIB, 1)}M",
        f"--gres=gpu:{claimed.num_gpus}" if claimed.num_gpus else "--gres=none",
    ]
    if site.shares_cpus:
        options += ["--overlap", f"--cpus-per-task={total.num_cpus}"]
    else:
        options += ["--exact", f"--cpus-per-task={num_cpus}"]
    if not execution.enable_cpu_bind:
        options.append("--cpu-bind=none")
    if (runtime_s := runtime_limit_s(claimed)) is not None:
        options.append(f"--time={math.ceil(runtime_s / _MINUTE_S)}")
    if execution.srun_termination_signal is not None:
        options.append(f"--signal={execution.srun_termination_signal}")
    return options


_CLEARED = (
    *("SLURM_MEM_PER_CPU", "SLURM_MEM_PER_GPU", "SLURM_MEM_PER_NODE", "SLURM_NTASKS_PER_NODE"),
    *("SLURM_GPUS", "SLURM_GPUS_PER_NODE", "SLURM_GPUS_PER_TASK", "SLURM_CPUS_PER_GPU"),
    *("SLURM_CPUS_PER_TASK", "SLURM_TRES_PER_TASK", "SLURM_DISTRIBUTION", "SLURM_EXACT"),
    *("SLURM_CPU_BIND", "SLURM_TIMELIMIT", "SLURM_WORKING_DIR"),
)
"""Variables of the allocation that srun takes for options, beside ours or against them."""
_START = (
    f"unset {' '.join(_CLEARED)}; "
    "number=$1 words=$2 code=143; shift 2; trap over=1 TERM; "
    'while [[ ! $over ]]; do "$@" 2>"$words"; code=$?; '
    '[[ $over || -e $number || $(<"$words") != *"slurm controller"* ]] && break; sleep 5; done; '
    'exit "$code"'
)
"""Starts a step, again if the controller did not answer: outages pass. It outlives SIGTERM, which
has srun end the step, and starts none after it."""
_BEGIN = (
    'printf "%s %(%s)T" "$SLURM_STEP_ID" -1 >"$1"; exec >>"$2" 2>>"$3" || exit; '
    'exec -a bash "$BASH" -c "$4"'
)
"""What the step runs: its number and when it began, its files, and the command as bash is given it
where no step is."""
_ASK = (
    "for _ in {1..20}; do moment=; "
    '[[ -s $3 ]] && read -r number moment <"$3"; '
    '[[ $moment ]] && exec "$1" --signal="$4" "$2.$number"; sleep 0.5; done'
)
"""Sends a step a signal once it has begun. To scancel, no number is 0: the step of other work."""


def start_arguments(
    bash: str, site: StepSite, options: Sequence[str], files: StepFiles, command: str
) -> list[str]:
    """Return the path of a program, and its arguments with its own name, that start a step.

    Args:
        bash: The path of the shell.
        site: Where.
        options: Those of srun.
        files: The step's.
        command: What bash is given to run for the job.
    """
    begin = [bash, "-c", _BEGIN, "bash", files.number, files.stdout, files.stderr, command]
    own = [files.number, files.words]
    return [bash, "bash", "-c", _START, "bash", *own, site.srun, *options, *begin]


def ask_arguments(bash: str, site: StepSite, files: StepFiles) -> list[str]:
    """Return the same of what sends a step the signal whose name follows as the last argument."""
    sent = [site.scancel, str(site.slurm_job_id), files.number]
    return [bash, "bash", "-c", _ASK, "bash", *sent]


def began_at(number: str) -> float | None:
    """Return when a step began, given what its file says: seconds since 1970, rounded up."""
    moment = number.partition(" ")[2]
    return int(moment) + 1.0 if moment.isdecimal() else None


_LIMITS = (
    (
        re.compile(r"Out Of Memory|oom[-_]kill event|exceeded memory limit"),
        StopReason.OUT_OF_MEMORY,
    ),
    (re.compile(r"DUE TO TIME LIMIT"), StopReason.OUT_OF_TIME),
)
_COMMON = re.compile(
    r"step creation|Step created for|task \d+: (?:Exited with exit code|Killed|Terminated)"
    r"|Force Terminated|forcing job termination|Job step aborted|\*\*\* STEP"
)
"""Words that say no more than the exit code."""


def limit_in(words: str) -> StopReason | None:
    """Return the limit at which Slurm has ended a step, by srun's words; None for none."""
    return next((reason for pattern, reason in _LIMITS if pattern.search(words)), None)


def telling(words: str) -> list[str]:
    """Return the lines of srun's words that say more than the exit code."""
    return [line for line in words.splitlines() if line.strip() and not _COMMON.search(line)]
