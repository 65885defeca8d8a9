"""With `-f json` every command prints one document, whose members scripts may rely on."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import click
import pytest
from msgspec import structs

from tests.cli.conftest import Torc
from torc_core.client import TorcClient
from torc_core.model.artifact import File, UserData
from torc_core.model.compute import ComputeNode, ScheduledComputeNode
from torc_core.model.job import Job
from torc_core.model.resources import FailureHandler, ResourceRequirements, SlurmScheduler
from torc_core.model.result import Result
from torc_core.model.workflow import IsComplete, Workflow, WorkflowStatus
from torc_tui.cli.command import LazyGroup
from torc_tui.cli.root import torc as root

WORKFLOW = """\
name: shaped
resource_monitor: {enabled: true, granularity: time_series, sample_interval_seconds: 1}
resource_requirements: [{name: small, num_cpus: 1, memory: 1m, runtime: PT10M}]
failure_handlers: [{name: again, rules: [{exit_codes: [7], max_retries: 1}]}]
files: [{name: between, path: between.txt}]
user_data: [{name: given, data: {a: 1}}]
jobs:
- {name: write, command: "echo > ${files.output.between}; sleep 0.5", resource_requirements: small}
- {name: read, command: "cat ${files.input.between}", input_user_data: [given]}
- {name: fail, command: "exit 3", failure_handler: again}
actions: [{trigger_type: on_workflow_start, action_type: run_commands, commands: ["true"]}]
"""


class Shape(NamedTuple):
    """What a command prints."""

    line: str
    """Without `torc -f json`; names in braces are those of `Names`."""
    members: str | type
    """What is always there: of the document, or with `[]` before them of the items of an array.
    A type stands for its required members, and those without a value may be left out."""
    others: str = ""
    """What may be there too."""
    exit_code: int = 0


CHECKED = (
    "workflow_id safe missing_input_files missing_input_file_count "
    "existing_output_files existing_output_file_count"
)
DONE = "status message workflow_id"
ENVELOPE = "items offset max_limit count total_count has_more"
EVENT = "id workflow_id timestamp data timestamp_formatted"
EXPORT = (
    "export_version exported_at workflow files user_data resource_requirements slurm_schedulers "
    "local_schedulers failure_handlers jobs workflow_actions"
)
UTILIZATION = "workflow_id run_id total_results over_utilization_count violations"

SHAPES = [
    Shape("workflows create {file}", "workflow_id status message", "id"),
    Shape("workflows create {file} --dry-run", "valid errors warnings summary", "notes"),
    Shape("workflows new -n x", Workflow),
    Shape("workflows update {new} -n x", Workflow),
    Shape("workflows list", "workflows"),
    Shape("workflows get {new}", Workflow),
    Shape("workflows status {new}", WorkflowStatus),
    Shape("workflows is-complete {new}", IsComplete),
    Shape("workflows list-actions {new}", "actions"),
    Shape("workflows initialize {new} --no-prompts", DONE),
    Shape("workflows initialize {new} --dry-run", CHECKED, "missing_user_data_count"),
    Shape("workflows reinitialize {ready}", DONE),
    Shape("workflows reinitialize {ready} --dry-run", CHECKED, "missing_user_data_count jobs"),
    Shape(
        "workflows reset-status {ready} --no-prompts",
        "status workflow_id operations failed_only messages",
        "errors",
    ),
    Shape(
        "workflows correct-resources {done} --dry-run",
        "status workflow_id dry_run memory_multiplier runtime_multiplier "
        "resource_requirements_updated jobs_analyzed memory_corrections runtime_corrections "
        "adjustments",
        "message",
    ),
    Shape("workflows cancel {ready}", "status workflow_id canceled_slurm_jobs errors"),
    Shape("workflows archive true {new}", "status updated_workflows is_archived", "errors"),
    Shape(
        "workflows delete {new} --no-prompts",
        "[] id name user",
        " ".join(Workflow.__struct_fields__),
    ),
    Shape("workflows runs {done}", "workflow_runs"),
    Shape(
        "workflows execution-plan {file}",
        "status source workflow_name total_events total_jobs root_events leaf_events events",
        "jobs",
    ),
    Shape(
        "workflows execution-plan {new}",
        "status source workflow_id workflow_name total_events total_jobs root_events leaf_events "
        "events",
        "jobs",
    ),
    Shape("workflows export {done}", EXPORT),
    Shape(
        "workflows export {done} --include-results --include-events",
        f"{EXPORT} results events",
        "compute_nodes",
    ),
    Shape(
        "workflows export {new} -o out.json",
        "success workflow_id workflow_name output_file jobs files user_data results events",
    ),
    Shape("workflows import {document}", "success workflow_id workflow_name jobs files user_data"),
    Shape("jobs list {new}", "jobs"),
    Shape("jobs list-by-status {new} ready", "jobs"),
    Shape("jobs get {job}", Job),
    Shape("jobs create {new} -n x -c true", Job),
    Shape("jobs update {job} -n x", Job),
    Shape("jobs create-from-file {new} {commands}", "status message workflow_id jobs_created"),
    Shape("jobs delete {job}", "jobs"),
    Shape("jobs delete {job} 999999999", "error missing_ids", exit_code=4),
    Shape("jobs delete-all {new} --no-prompts", "count", "message deleted_count"),
    Shape("jobs cancel {ready_job}", "status message job_ids"),
    Shape(
        "jobs logs {done_job} -o {output}",
        "workflow_id job_id job_name status run_id attempt_id files",
    ),
    Shape(
        "jobs list-resource-requirements {new}",
        "[] job_id job_name rr_id rr_name workflow_id num_cpus num_gpus num_nodes memory runtime",
    ),
    Shape(
        "jobs list-failure-handlers {new}",
        "[] job_id job_name failure_handler_id failure_handler_name rules",
    ),
    Shape("files create {new} -n x -p x", File),
    Shape("files list {new}", "files"),
    Shape("files get {file_id}", File),
    Shape("files update {file_id} -p x", File),
    Shape("files delete {file_id}", File),
    Shape("files list-required-existing {new}", "files"),
    Shape("user-data create {new} -n x -d 1", UserData),
    Shape("user-data list {new}", "user_data"),
    Shape("user-data get {data_id}", UserData),
    Shape("user-data update {data_id} -d 2", UserData),
    Shape("user-data delete {data_id}", UserData),
    Shape("user-data delete-all {new}", "count", "message deleted_count"),
    Shape("user-data list-missing {new}", "user_data"),
    Shape("results list {done}", "results"),
    Shape("results get {result}", Result, "job_name"),
    Shape("results delete {result}", Result, "job_name"),
    Shape("events create {new} -d '{{}}'", EVENT),
    Shape("events list {new}", "events"),
    Shape("events get {event}", EVENT),
    Shape("events get-latest-event {done}", EVENT),
    Shape("events delete {event}", EVENT),
    Shape("resource-requirements create {new} -n x", ResourceRequirements),
    Shape("resource-requirements list {new}", "resource_requirements"),
    Shape("resource-requirements get {requirements}", ResourceRequirements),
    Shape("resource-requirements update {requirements} --num-cpus 2", ResourceRequirements),
    Shape("resource-requirements delete {requirements}", ResourceRequirements),
    Shape("failure-handlers list {new}", "failure_handlers"),
    Shape("failure-handlers get {handler}", FailureHandler),
    Shape("job-dependencies job-job {new}", ENVELOPE),
    Shape("job-dependencies job-file {new}", ENVELOPE),
    Shape("job-dependencies job-user-data {new}", ENVELOPE),
    Shape("compute-nodes list {done}", "compute_nodes"),
    Shape("compute-nodes get {node}", ComputeNode),
    Shape("scheduled-compute-nodes list {new}", "scheduled_compute_nodes"),
    Shape("scheduled-compute-nodes get {allocation}", ScheduledComputeNode),
    Shape(
        "scheduled-compute-nodes list-jobs {allocation}",
        "scheduled_compute_node_id workflow_id compute_node_count job_ids",
    ),
    Shape(
        "logs bundle {done} -o {output}",
        "bundle workflow_id workflow_name workflow_description workflow_user collected_at "
        "files_collected total_size_bytes",
    ),
    Shape(
        "logs analyze {output}",
        "workflow_id files_parsed error_count warning_count errors",
        "source files_with_errors errors_left_out error_types members_left_out",
    ),
    Shape("plot-resources {samples} -o plots", "output_dir num_jobs files"),
    Shape(
        "reports summary {done}",
        "workflow_id workflow_name workflow_user total_jobs jobs_by_status "
        "total_exec_time_minutes total_exec_time_formatted active_compute_nodes "
        "pending_scheduled_nodes active_scheduled_nodes",
        "is_complete is_canceled walltime_seconds walltime_formatted",
    ),
    Shape(
        "reports results {done} -o {output}",
        "workflow_id workflow_name workflow_user all_runs total_results results",
    ),
    Shape("reports check-resource-utilization {done}", UTILIZATION),
    Shape(
        "reports check-resource-utilization {done} --include-failed",
        f"{UTILIZATION} resource_violations_count resource_violations",
    ),
    Shape("reports check-resource-utilization {new}", UTILIZATION),
    Shape("runs list", "runs"),
    Shape("server status", "running", "pid url database log"),
    Shape("config show", "client server dash"),
    Shape("config paths", "files"),
    Shape("config validate", "valid sources problems notes"),
    Shape("ping", "status"),
    Shape("ping --url http://127.0.0.1:1/torc-service/v1", "status message", exit_code=6),
]

ELSEWHERE = {
    *("run", "workflows run", "workflows resume"),  # tried by the fixture `done`
    *("events monitor", "jobs terminate", "jobs retry", "server start", "server stop"),
    *("tui", "completions", "workflows convert", "config init"),  # their output is text
}


class Done(NamedTuple):
    """A workflow that has run."""

    id: int
    printed: dict[str, Any]
    """By `torc run`."""
    output: Path


@pytest.fixture(scope="module")
def done(server, tmp_path_factory):
    directory = tmp_path_factory.mktemp("done")
    (directory / "w.yaml").write_text(WORKFLOW)
    environment = {**os.environ, "TORC_API_URL": server.url, "XDG_STATE_HOME": str(directory)}
    ran = subprocess.run(
        [sys.executable, "-m", "torc_tui", "-f", "json", "run", "w.yaml"],
        cwd=directory, env={**environment, "USER": "tester"},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    printed = json.loads(ran.stdout)
    return Done(printed["workflow_id"], printed, directory / "output")


FIRST = {
    "job": ("list_jobs", "new"),
    "ready_job": ("list_jobs", "ready"),
    "done_job": ("list_jobs", "done"),
    "file_id": ("list_files", "new"),
    "data_id": ("list_user_data", "new"),
    "handler": ("list_failure_handlers", "new"),
    "event": ("list_events", "ready"),
    "result": ("list_results", "done"),
    "node": ("list_compute_nodes", "done"),
}
"""Names of the last record of a list of a workflow."""


class Names(dict[str, Any]):
    """What the lines name, made or found when a line does so.

    `new` is a workflow of the test's own; `ready` too, and initialized.
    """

    def __init__(self, torc: Torc, client: TorcClient, done: Done, directory: Path) -> None:
        (samples,) = done.output.glob("resource_utilization/*.db")
        super().__init__(done=done.id, output=done.output, samples=samples)
        self.torc, self.client, self.directory = torc, client, directory

    def __missing__(self, name: str) -> Any:
        if name in FIRST:
            listing, workflow = FIRST[name]
            value = getattr(self.client, listing)(self[workflow]).items[-1].id
        else:
            value = getattr(self, name)()
        self[name] = value
        return value

    def _written(self, name: str, text: str) -> Path:
        path = self.directory / name
        path.write_text(text)
        return path

    def file(self) -> Path:
        return self._written("w.yaml", WORKFLOW)

    def commands(self) -> Path:
        return self._written("commands.txt", "echo 1\n")

    def document(self) -> Path:
        return self._written("exported.json", self.torc("workflows", "export", self["new"]).out)

    def new(self) -> int:
        return self.torc("-f", "json", "workflows", "create", self["file"]).json["workflow_id"]

    def ready(self) -> int:
        self.client.initialize_jobs(self["new"])
        return self["new"]

    def requirements(self) -> int | None:
        made = ResourceRequirements(workflow_id=self["new"], name="unused")
        return self.client.create_resource_requirements(made).id

    def allocation(self) -> int | None:
        workflow = self["new"]
        scheduler = self.client.create_slurm_scheduler(
            SlurmScheduler(workflow_id=workflow, account="a", nodes=1, walltime="01:00:00")
        )
        allocation = ScheduledComputeNode(
            workflow_id=workflow, scheduler_id=1, scheduler_config_id=scheduler.id,
            scheduler_type="slurm", status="complete",
        )  # fmt: skip
        return self.client.create_scheduled_compute_node(allocation).id


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.line)
def test_a_command_prints_one_document_of_its_shape(shape, torc_here, client, done, tmp_path):
    names = Names(torc_here, client, done, tmp_path)

    answer = torc_here("-f", "json", *shlex.split(shape.line.format_map(names)))

    assert answer.code == shape.exit_code, answer.err
    document, members = answer.json, shape.members
    if isinstance(members, str) and members.startswith("[] "):
        assert document
        document, members = document[0], members.removeprefix("[] ")
    if isinstance(members, str):
        always, sometimes = set(members.split()), set(shape.others.split())
    else:
        always = {field.encode_name for field in structs.fields(members) if field.required}
        sometimes = {*members.__struct_fields__, *shape.others.split()}
    assert always <= document.keys()
    assert document.keys() <= always | sometimes


def test_a_run_says_how_it_ended(done):
    assert done.printed.keys() == {
        *("workflow_id", "run_id", "jobs_by_status", "duration_seconds"),
        *("reason", "over_limit", "exit_code"),
    }


def commands(group: click.Group, path: str = "") -> Iterator[str]:
    for name in group.list_commands(click.Context(group)):
        command = group.load(name) if isinstance(group, LazyGroup) else group.commands[name]
        if isinstance(command, click.Group):
            yield from commands(command, f"{path}{name} ")
        else:
            yield path + name


def test_every_command_has_a_shape():
    lines = [f"{shape.line} " for shape in SHAPES]
    named = {name for name in commands(root) if any(line.startswith(f"{name} ") for line in lines)}

    assert set(commands(root)) - named == ELSEWHERE | {"workflows initialize-jobs"}
