"""A reinitialize does what its dry run says, with real files and a real server."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from operations.situations import Stage, node_here

from torc_core.client import TorcClient, every_item
from torc_core.clock import utc_now
from torc_core.errors import ConflictError, NotFoundError
from torc_core.model.artifact import File, FilePatch, UserData, UserDataPatch
from torc_core.model.job import Job, JobPatch
from torc_core.model.result import Result
from torc_core.model.status import JobStatus
from torc_core.model.workflow import ChangedJobs, Version, Workflow
from torc_core.operations.lifecycle.initialize import initialize_workflow
from torc_core.operations.lifecycle.inputs import check_start
from torc_core.operations.lifecycle.reinitialize import check_reinitialize, propose_reinitialize
from torc_core.operations.lifecycle.run import prepare_run
from torc_core.operations.reporter import carry_out
from torc_core.runner.policy.options import RunnerOptions

_ENDS = [*[JobStatus.COMPLETED] * 4, JobStatus.FAILED, JobStatus.TERMINATED]
_ENDS += [JobStatus.CANCELED, JobStatus.PENDING_FAILED]


class Plan(NamedTuple):
    """One job of a workflow under test, and how it ends in the first run."""

    after: set[int]
    reads: set[int]
    """Jobs of which it reads the output file, through which it depends on them."""
    reads_raw: bool
    reads_data: bool
    goes_on: bool
    is_disabled: bool
    end: JobStatus


@st.composite
def plans(draw):
    number = draw(st.integers(1, 6))
    earlier = [
        st.sets(st.integers(0, at - 1), max_size=2) if at else st.just(set())
        for at in range(number)
    ]
    return [
        Plan(
            *(draw(earlier[at]) for _ in range(2)),
            *(draw(st.booleans()) for _ in range(3)),
            is_disabled=draw(st.integers(0, 9)) == 0,
            end=draw(st.sampled_from(_ENDS)),
        )
        for at in range(number)
    ]


class Flow:
    """A workflow whose jobs each write a file, and read those of others."""

    def __init__(self, client, directory, jobs):
        self.client, self.directory, self.jobs = client, Path(directory), jobs
        self.id = client.create_workflow(Workflow(name="flow", user="tester")).id
        self.clock = 1_700_000_000.0
        self.raw = self.file("raw")
        self.write("raw")
        data = UserData(workflow_id=self.id, name="data", data=1)
        self.data = client.create_user_data(data).id
        self.outputs = [self.file(f"out{at}") for at in range(len(jobs))]
        self.ids = []
        for at, plan in enumerate(jobs):
            job = Job(
                workflow_id=self.id,
                name=f"j{at}",
                command="true",
                depends_on_job_ids=[self.ids[each] for each in plan.after],
                input_file_ids=[
                    *(self.outputs[each] for each in plan.reads),
                    *([self.raw] if plan.reads_raw else []),
                ],
                output_file_ids=[self.outputs[at]],
                input_user_data_ids=[self.data] if plan.reads_data else [],
                cancel_on_blocking_job_failure=not plan.goes_on,
            )
            self.ids.append(client.create_job(job).id)
            if plan.is_disabled:
                client.update_job(self.ids[at], JobPatch(status=JobStatus.DISABLED))
        self.node = client.create_compute_node(node_here(self.id)).id

    def file(self, name):
        file = File(workflow_id=self.id, name=name, path=str(self.directory / name))
        return self.client.create_file(file).id

    def write(self, name):
        """Write a file, later than all that were written before."""
        self.clock += 1
        (self.directory / name).touch()
        os.utime(self.directory / name, (self.clock, self.clock))
        return self.clock

    def remove(self, name):
        with suppress(FileNotFoundError):
            (self.directory / name).unlink()

    def run(self, ends=None, most=100):
        """Run ready jobs as a runner does, and return the names of those that ran."""
        run_id = self.client.get_workflow_status(self.id).run_id
        ran = []
        while len(ran) < most and (claimed := self.client.claim_next_jobs(self.id, 1).jobs):
            [job] = claimed
            at = self.ids.index(job.id)
            end = ends[at] if ends else JobStatus.COMPLETED
            self.client.start_job(job.id, run_id, self.node)
            if end is JobStatus.COMPLETED:
                patch = FilePatch(st_mtime=self.write(f"out{at}"))
                self.client.update_file(self.outputs[at], patch)
            result = Result(
                job_id=job.id,
                workflow_id=self.id,
                run_id=run_id,
                attempt_id=self.client.get_job(job.id).attempt_id,
                compute_node_id=self.node,
                return_code=0 if end is JobStatus.COMPLETED else 1,
                exec_time_minutes=0,
                completion_time=utc_now(),
                status=end,
            )
            self.client.complete_job(job.id, end, run_id, result)
            ran.append(job.name)
        return ran

    def statuses(self):
        return {job.name: job.status for job in every_item(self.client.list_jobs, self.id)}


def check(client, workflow_id):
    return check_reinitialize(client, client.get_workflow(workflow_id))


@settings(max_examples=25, phases=[Phase.generate])  # shrinking would take longer than a test may
@given(plans(), st.data())
def test_the_jobs_that_the_dry_run_names_run_and_no_others(server, jobs, data):
    client = server.client()
    with TemporaryDirectory() as directory:
        flow = Flow(client, directory, jobs)
        initialize_workflow(client, flow.id)
        flow.run([plan.end for plan in jobs], most=data.draw(st.integers(0, 8)))
        _change(flow, data)
        before = flow.statuses()
        expected = check(client, flow.id)
        is_reset = {job.name: job.is_reset for job in expected.jobs}

        carry_out(propose_reinitialize(client, flow.id), force=True)

        after = flow.statuses()
        assert {name for name in after if not is_reset[name] and after[name] != before[name]} == (
            set()
        )
        ran = flow.run()
        assert sorted(ran) == sorted(job.name for job in expected.rerunning)
        if (flow.directory / "raw").exists():
            assert check(client, flow.id).rerunning == []
    client.close()


def _change(flow, data):
    files = ["raw", *(f"out{at}" for at in range(len(flow.jobs)))]
    for name in data.draw(st.sets(st.sampled_from(files), max_size=2), label="modified"):
        if (flow.directory / name).exists():
            flow.write(name)
    for name in data.draw(st.sets(st.sampled_from(files), max_size=1), label="removed"):
        flow.remove(name)
    if data.draw(st.booleans(), label="user data"):
        flow.client.update_user_data(flow.data, UserDataPatch(data=2))
    if data.draw(st.booleans(), label="cancel"):
        flow.client.cancel_workflow(flow.id)


@pytest.fixture
def flow(client, tmp_path):
    (tmp_path / "files").mkdir()
    made = Plan(set(), set(), True, False, False, False, JobStatus.COMPLETED)
    jobs = [made, made._replace(reads={0}, reads_raw=False, reads_data=True)]
    flow = Flow(client, tmp_path / "files", jobs)
    initialize_workflow(client, flow.id)
    flow.run()
    return flow


def _reasons(flow):
    return {job.name: job.reasons for job in check(flow.client, flow.id).rerunning}


def test_changed_user_data_is_named(flow):
    flow.client.update_user_data(flow.data, UserDataPatch(data=2))
    assert _reasons(flow) == {"j1": ("user data `data` changed",)}


def test_a_changed_command_is_named(flow):
    flow.client.reset_job_status(flow.id)
    flow.client.update_job(flow.ids[1], JobPatch(command="false"))
    assert _reasons(flow)["j1"] == (
        "its command changed",
        "it was reset, or has not run yet",
        "job `j0` runs again",
    )


def test_another_script_is_a_change_too(flow):
    flow.client.update_job(flow.ids[1], JobPatch(invocation_script="bash"))
    assert _reasons(flow) == {"j1": ("its script, environment or dependencies changed",)}


def test_nothing_changed_begins_no_run_but_withdraws_the_cancellation(flow):
    flow.client.cancel_workflow(flow.id)
    done = carry_out(propose_reinitialize(flow.client, flow.id))
    assert done.sentence == f"No job of #{flow.id} flow has to run again: nothing has changed."
    status = flow.client.get_workflow_status(flow.id)
    assert (status.run_id, status.is_canceled) == (1, False)


def test_a_new_run_resets_the_jobs_that_changed_and_records_the_times(flow):
    flow.write("raw")
    done = carry_out(propose_reinitialize(flow.client, flow.id))
    assert done.sentence == f"Reset 2 jobs of #{flow.id} flow for run 2: 1 job ready, 1 blocked."
    assert flow.client.get_file(flow.raw).st_mtime == pytest.approx(flow.clock)
    assert flow.statuses() == {"j0": "ready", "j1": "blocked"}


class OlderServer(TorcClient):
    """A server of the reference, as seen from a client."""

    def get_version(self):
        return Version(version="0.12.0", api_version="0.7.0")

    def process_changed_job_inputs(self, workflow_id, *, dry_run=False):
        reply = super().process_changed_job_inputs(workflow_id, dry_run=dry_run)
        return ChangedJobs(reinitialized_jobs=reply.reinitialized_jobs)

    def reset_jobs(self, workflow_id, request):
        raise NotFoundError.of("path", "/reset_jobs")


def test_a_server_of_the_reference_is_asked_in_its_own_calls(server, flow):
    client = OlderServer(server.url)
    client.update_user_data(flow.data, UserDataPatch(data=2))
    [rerun] = check(client, flow.id).rerunning
    assert rerun.reasons == ("its command or user data changed",)

    flow.write("raw")
    carry_out(propose_reinitialize(client, flow.id))
    assert flow.statuses() == {"j0": "ready", "j1": "blocked"}
    assert client.get_file(flow.raw).st_mtime == pytest.approx(flow.clock)
    assert check(client, flow.id).jobs[0].reasons == ("it has not run yet",)
    client.close()


def test_missing_inputs_are_refused_unless_forced(flow):
    flow.remove("raw")
    with pytest.raises(ConflictError, match=r"input file .*raw does not exist") as refused:
        carry_out(propose_reinitialize(flow.client, flow.id))
    assert f"torc workflows reinitialize {flow.id}" in refused.value.hint
    carry_out(propose_reinitialize(flow.client, flow.id), force=True)
    assert flow.statuses() == {"j0": "ready", "j1": "blocked"}
    assert flow.client.get_file(flow.raw).st_mtime is None


def test_user_data_that_a_completed_job_has_not_written_is_not_missing(client):
    stage = Stage(client, "silent")
    client.create_user_data(
        UserData(workflow_id=stage.id, name="never written"),
        producer_job_id=stage.job,
        consumer_job_id=stage.second,
    )
    stage.complete()

    assert check(client, stage.id).objection() is None
    client.create_user_data(UserData(workflow_id=stage.id, name="input"), consumer_job_id=stage.job)
    assert "1 user data record without a value" in check(client, stage.id).objection().message


def test_a_path_that_cannot_be_looked_at_counts_as_missing(client):
    stage = Stage(client, "long")
    path = "long" * 100
    file = client.create_file(File(workflow_id=stage.id, name="in", path=path))
    stage.add("c", input_file_ids=[file.id])

    assert check_start(client, stage.id).missing_input_files == [path]


@pytest.mark.parametrize("situation", ["archived", "running"])
def test_archived_and_active_workflows_are_refused_in_any_case(client, situation):
    stage = Stage(client, situation)
    getattr(stage, situation)()
    with pytest.raises(ConflictError, match=r"is archived|has 1 active job"):
        propose_reinitialize(client, stage.id)


def test_a_question_shows_the_jobs_that_will_run_with_their_reasons(flow):
    flow.write("raw")
    question = propose_reinitialize(flow.client, flow.id).question
    assert question.sentence == f"Reinitialize #{flow.id} flow? 2 jobs will run again."
    assert question.lines == ("j0: its input file `raw` changed", "j1: job `j0` runs again")


def test_a_cycle_is_refused_by_name(client):
    stage = Stage(client, "cycle")
    client.update_job(stage.job, JobPatch(depends_on_job_ids=[stage.second]))
    with pytest.raises(ConflictError, match="in a cycle: "):
        carry_out(propose_reinitialize(client, stage.id))


def test_files_that_are_where_it_ran_are_not_gone(client, tmp_path, monkeypatch):
    ran_in, other = tmp_path / "ran", tmp_path / "other"
    ran_in.mkdir()
    other.mkdir()
    monkeypatch.chdir(ran_in)
    stage = Stage(client, "elsewhere")
    stage.output_exists()
    stage.initialized()
    prepare_run(client, RunnerOptions(workflow_id=stage.id), is_embedded=False)

    monkeypatch.chdir(other)
    with pytest.raises(ConflictError, match=f"ran in {ran_in}: 1 of its files is there"):
        carry_out(propose_reinitialize(client, stage.id))

    (ran_in / "out.txt").unlink()
    assert check(client, stage.id).objection() is None
