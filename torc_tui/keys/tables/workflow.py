"""Keys for workflows and their jobs."""

from __future__ import annotations

from functools import partial

from torc_tui.keys.action import Action, Scope

_workflow = partial(Action, group="Workflow", scope=Scope.PANE)
_job = partial(Action, group="Job", scope=Scope.PANE)

WORKFLOW: tuple[Action, ...] = (
    _workflow("workflow.create", "n", "new", "Create a workflow from a file"),
    _workflow("workflow.wizard", "m", "", "Make a workflow step by step, without a file"),
    _workflow("workflow.example", "X", "", "Create one of the examples that come with torc"),
    _workflow("workflow.initialize", "i", "init", "Initialize: start a new run of every job"),
    _workflow(
        "workflow.reinitialize",
        "I",
        "",
        "Reinitialize: a new run of what changed or did not complete",
    ),
    _workflow("workflow.reset", "R", "", "Reset the status of all jobs"),
    _workflow(
        "workflow.rerun", "Y", "", "Rerun what failed and what was canceled because of it; it runs"
    ),
    _workflow(
        "workflow.failures", "F", "", "Failed jobs in groups of one cause, and what each needs"
    ),
    _workflow(
        "workflow.plan_recovery",
        "v",
        "",
        "Recovery plan: failures by cause, old and new requirements",
    ),
    _workflow(
        "workflow.recover", "V", "recover", "Recover: run failed jobs again, with what they lacked"
    ),
    _workflow(
        "workflow.watch",
        "W",
        "watch",
        "Watch, and recover when it fails, until you quit; again to stop",
    ),
    _workflow("workflow.run", "x", "run", "Run on this machine; it keeps running after you quit"),
    _workflow(
        "workflow.submit", "s", "submit", "Submit to Slurm: shows allocations, node-hours, server"
    ),
    _workflow(
        "workflow.cancel",
        "C",
        "cancel",
        "Cancel the workflow",
        explained=(
            "Cancels every job that has not ended: what runs is stopped, what waits does not run. "
            "Results and logs stay. Resetting and initializing runs the jobs again."
        ),
    ),
    _workflow("workflow.delete", "d", "delete", "Delete the workflow and its history"),
    _job("job.logs", "l", "logs", "Output of the job; on Nodes of Slurm, on Runs of the run"),
    _job("job.merged_logs", "L", "", "Output of all marked jobs together, each line with its job"),
    _job(
        "job.why",
        "exclamation_mark",
        "why",
        "Why the job has its status: what it waits for, why it failed",
    ),
    _job("job.edit", "ctrl+e", "", "Edit the job's command or script, or the workflow, in $EDITOR"),
    _job(
        "job.cancel",
        "c",
        "cancel job",
        "Cancel the job, or all marked jobs",
        explained=(
            "The job does not run in this run of the workflow; if it runs, it is stopped. Jobs "
            "that depend on it are canceled, too, unless they say otherwise."
        ),
    ),
    _job(
        "job.terminate",
        "t",
        "terminate",
        "Terminate the job, or all marked jobs",
        explained=(
            "Stops the process of a job that runs: SIGTERM, and SIGKILL after the grace period. "
            "The job ends as terminated, and the next start of the workflow runs it again. To "
            "give it up, cancel it."
        ),
    ),
    _job("job.retry", "y", "retry", "Retry the failed job, or all marked jobs"),
)
