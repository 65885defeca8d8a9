"""Why jobs are where they are: in the row about one of them, and in a column of all."""

from __future__ import annotations

import pytest
from nodes import compute_node
from tui.driving import interface

from torc_core.client import TorcClient
from torc_core.model.job import Job
from torc_core.model.resources import ResourceRequirements
from torc_core.model.result import Result
from torc_core.model.workflow import Workflow
from torc_core.runner.policy.output_paths import job_stdio
from torc_core.runner.policy.outputs.written import Written, fault_of
from torc_tui.lists.attempts.names import Names
from torc_tui.lists.jobs import jobs_listing


@pytest.fixture
def failed(client, tmp_path, monkeypatch):
    """A job that ran out of memory, one that failed by itself, one that waits, one canceled."""
    monkeypatch.chdir(tmp_path)
    number = client.create_workflow(Workflow(name="rested", user="tester")).id
    needs = client.create_resource_requirements(
        ResourceRequirements(
            workflow_id=number, name="large", num_cpus=1, num_gpus=0, num_nodes=1, memory="16g",
            runtime="PT1H",
        )
    ).id  # fmt: skip

    def create(name, *after, cancel=True):
        return client.create_job(
            Job(
                workflow_id=number, name=name, command="true", depends_on_job_ids=list(after),
                resource_requirements_id=needs, cancel_on_blocking_job_failure=cancel,
            )
        ).id  # fmt: skip

    greedy, wrong, open_ = create("greedy"), create("wrong"), create("open")
    create("waits", open_)
    create("dropped", wrong)
    client.initialize_jobs(number)
    run_id = client.get_workflow_status(number).run_id
    node = client.create_compute_node(
        compute_node(workflow_id=number, hostname="r12n03", num_cpus=2, memory_gb=4.0)
    ).id
    for job, code, memory in ((greedy, 137, 17 << 30), (wrong, 3, 1 << 30)):
        result = Result(
            job_id=job, workflow_id=number, run_id=run_id, compute_node_id=node, return_code=code,
            exec_time_minutes=1.5, completion_time="2026-01-01T00:01:30.000Z", status="failed",
            peak_memory_bytes=memory,
        )  # fmt: skip
        client.complete_job(job, "failed", run_id, result)
    stderr = tmp_path / f"{job_stdio('output', number, wrong, run_id, 1)}.e"
    stderr.parent.mkdir(parents=True, exist_ok=True)
    stderr.write_text("loading\nValueError: no such station\n")
    yield number
    client.delete_workflow(number)


def row(ui):
    return next((each for each in ui.seen().splitlines() if " ── " in each), "")


async def test_it_says_why_the_job_is_where_it_is_once_the_cursor_rests(server, failed):
    async with interface(server.url) as ui:
        await ui.open("rested")
        await ui.wait_for(lambda: "greedy  ✗ failed  out of memory 17.0 GiB of 16.0 GiB" in row(ui))
        await ui.press("j")
        await ui.wait_for(
            lambda: "wrong  ✗ failed  exit code 3  ValueError: no such station" in row(ui)
        )
        await ui.press("j", "j")
        await ui.wait_for(lambda: "waits  · blocked  blocked by open" in row(ui))
        await ui.press("j")
        await ui.wait_for(lambda: "dropped  - canceled  canceled: wrong failed" in row(ui))
        assert len(ui.seen().splitlines()) == 24


async def test_it_follows_the_job_of_a_result_and_is_gone_where_there_are_none(server, failed):
    async with interface(server.url) as ui:
        await ui.open("rested")
        await ui.wait_for(lambda: "greedy" in row(ui))
        await ui.press("tab")
        await ui.wait_for(lambda: not row(ui))
        await ui.press("tab", "tab")
        await ui.wait_for("[Results]")
        await ui.wait_for(lambda: "wrong  ✗ failed" in row(ui))


@pytest.mark.parametrize("size", [(60, 15), (160, 48)])
async def test_there_is_none_where_rows_are_few_or_there_is_a_pane(server, failed, size):
    async with interface(server.url, size) as ui:
        await ui.open("rested")
        await ui.wait_for("greedy")
        assert ui.board.opened.preview.size.height != 1


async def test_the_column_of_reasons_is_there_where_it_fits_and_where_it_is_chosen(server, failed):
    reasons = (
        "out of memory 17.0 GiB of 16.0 GiB",
        "exit code 3",
        "blocked by open",
        "canceled: wrong failed",
    )
    async with interface(server.url, (200, 48)) as ui:
        await ui.open("rested")
        for said in reasons:
            await ui.wait_for(said)
    async with interface(server.url) as ui:
        await ui.open("rested")
        await ui.wait_for("dropped")
        assert not any(" Why" in line for line in ui.seen().splitlines())
        await ui.press(":")
        await ui.type("columns Name,Status,Why")
        await ui.press("enter")
        for said in reasons:
            await ui.wait_for(said)


def test_output_files_that_were_not_written_are_named_and_logs_read_once(
    client, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    number = client.create_workflow(Workflow(name="silent", user="tester")).id
    job_id = client.create_job(Job(workflow_id=number, name="quiet", command="true")).id
    client.initialize_jobs(number)
    run_id = client.get_workflow_status(number).run_id
    node = client.create_compute_node(
        compute_node(workflow_id=number, num_cpus=2, memory_gb=4.0)
    ).id
    result = Result(
        job_id=job_id, workflow_id=number, run_id=run_id, compute_node_id=node, return_code=1,
        exec_time_minutes=1.5, completion_time="2026-01-01T00:01:30.000Z", status="failed",
    )  # fmt: skip
    client.complete_job(job_id, "failed", run_id, result)
    stderr = tmp_path / f"{job_stdio('output', number, job_id, run_id, 1)}.e"
    stderr.parent.mkdir(parents=True, exist_ok=True)
    stderr.write_text(fault_of("out/a.csv", Written.MISSING) + "\n")
    listing = jobs_listing(Names()).arranged(["Why"])

    said = [listing.fetch(client, number, listing.order, range(9))[1][0].cells[0].text]
    stderr.unlink()
    said.append(listing.fetch(client, number, listing.order, range(9))[1][0].cells[0].text)
    client.delete_workflow(number)
    assert said == ["did not write its output file out/a.csv"] * 2


class Counting:
    """Passes requests on, and counts them."""

    def __init__(self, transport):
        self._transport = transport
        self.sent = 0

    def send(self, request):
        self.sent += 1
        return self._transport.send(request)


def test_reasons_of_many_jobs_cost_one_request_once_the_requirements_are_known(server, failed):
    client = TorcClient(server.url)
    counting = client._transport = Counting(client._transport)
    listing = jobs_listing(Names()).arranged(["Name", "Why"])
    for requests in (3, 1):
        before = counting.sent
        _total, rows = listing.fetch(client, failed, listing.order, range(200))
        assert counting.sent - before == requests
    assert sum(bool(row.cells[1].text) for row in rows) == 4
