"""`torc jobs create`, `create-from-file` and `update`."""

from __future__ import annotations

from typing import Any

import click
import msgspec

from torc_core.config.bounds import POSITIVE
from torc_core.model.ids import JobId
from torc_core.model.job import Job
from torc_core.model.resources import ResourceRequirements
from torc_core.operations.jobs.create import create_jobs_from_commands, read_commands
from torc_core.operations.jobs.update import JobChanges, update_job
from torc_core.spec import read_spec
from torc_tui.cli.command import argument, command
from torc_tui.cli.options.id_lists import IdListCommand, id_list
from torc_tui.cli.options.numbers import number
from torc_tui.cli.options.shared import job_argument, workflow_argument
from torc_tui.cli.options.texts import COMMAND, NAME
from torc_tui.cli.options.types import ID, WORKFLOW
from torc_tui.cli.settings import Settings, pass_settings

_REQUIREMENTS = ("-r", "--resource-requirements-id")


@command(
    cls=IdListCommand,
    examples=[
        'torc jobs create 1 -n prepare -c "python prepare.py" -o 2',
        'torc jobs create 1 -n train -c "python train.py" -r 3 -b 11 -b 12 -i 2',
    ],
)
@workflow_argument
@click.option("-n", "--name", type=NAME, required=True, help="Its name.")
@click.option(
    "-c", "--command", type=COMMAND, required=True, help="The shell command that it runs."
)
@click.option(*_REQUIREMENTS, type=ID, help="What it needs; by default what the workflow says.")
@id_list("-b", "--blocking-job-ids", "depends_on_job_ids", help="Jobs that it depends on.")
@id_list("-i", "--input-file-ids", help="Files that it reads.")
@id_list("-o", "--output-file-ids", help="Files that it writes.")
@pass_settings
def create(settings: Settings, /, workflow: str | None, **fields: Any) -> None:
    """Create a job.

    Separate several ids by commas, or repeat the option.
    """
    chosen = settings.choose_workflow(workflow)
    _print_done(settings, "Created", settings.client.create_job(Job(workflow_id=chosen, **fields)))


@command(
    "create-from-file",
    examples=["torc jobs create-from-file 123 batch_jobs.txt --cpus-per-job 4 --memory-per-job 8g"],
)
@argument("workflow", type=WORKFLOW, help="Its id, its name or `latest`.")
@argument("file", help="One shell command per line; `-` for standard input.")
@click.option("--cpus-per-job", type=number(POSITIVE), default=1, help="CPUs of each job.")
@click.option("--memory-per-job", default="1m", help='Memory of each job, such as "2g".')
@click.option(
    "--runtime-per-job",
    default="P0DT1M",
    help='How long each job may run, as an ISO 8601 duration such as "P0DT30M" or "PT2H".',
)
@pass_settings
def create_from_file(
    settings: Settings,
    /,
    workflow: str,
    file: str,
    *,
    cpus_per_job: int,
    memory_per_job: str,
    runtime_per_job: str,
) -> None:
    """Create a job for each line of a file, or of standard input (-): all of them, or none.

    Empty lines and lines that begin with # are skipped. The jobs are named job1, job2 and so on,
    continuing after the jobs that exist, and share new resource requirements.
    """
    commands = read_commands(read_spec(file).text)
    requirements = ResourceRequirements(
        workflow_id=settings.find_workflow(workflow),
        name="",
        num_cpus=cpus_per_job,
        memory=memory_per_job,
        runtime=runtime_per_job,
    )
    with settings.reporter() as reporter:
        done = create_jobs_from_commands(settings.client, requirements, commands, reporter)
    settings.output.message(
        done.sentence,
        {
            "status": "success",
            "message": done.sentence,
            "workflow_id": done.workflow_id,
            "jobs_created": done.jobs_created,
        },
    )


@command(examples=['torc jobs update 12 -c "python train.py --seed 2"'])
@job_argument
@click.option("-n", "--name", type=NAME, help="The new name.")
@click.option("-c", "--command", type=COMMAND, help="The new command.")
@click.option("--runtime", help="How long it may run, as an ISO 8601 duration such as PT2H.")
@click.option(*_REQUIREMENTS, "requirements_id", type=ID, help="What it needs.")
@pass_settings
def update(settings: Settings, /, job_id: JobId, **changes: Any) -> None:
    """Change the given fields of one job.

    Name and command can be changed until the job is initialized. A new runtime applies to this job
    only: others with the same resource requirements keep theirs.
    """
    _print_done(settings, "Updated", update_job(settings.client, job_id, JobChanges(**changes)))


def _print_done(settings: Settings, verb: str, job: Job) -> None:
    settings.output.message(f"{verb} job {job.id} ({job.name}).", msgspec.to_builtins(job))
