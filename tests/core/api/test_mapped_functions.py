"""Functions as jobs: what is created, and what the jobs do."""

from __future__ import annotations

import shlex
import subprocess

import pytest
from waiting import wait_for

from torc_core.api import JobStatus, UserDataModel, WorkflowModel, map_function_to_jobs
from torc_core.api.calls import WAIT_S
from torc_core.client import every_item
from torc_core.model.resources import ResourceRequirements

SQUARES = """
def square(job_name, item):
    print("this is", job_name)
    return {"square": item["value"] ** 2}

def total(results):
    return sum(result["square"] for result in results)
"""
VALUES = [{"value": value} for value in (3, 1, 2)]


@pytest.fixture
def map_to_jobs(client, workflow_id, write_module):
    """Map a function of a module with this text."""

    def map_to_jobs(text, params=VALUES, func="square", **more):
        write_module(text)
        return map_function_to_jobs(client, workflow_id, "own", func, params, **more)

    return map_to_jobs


@pytest.fixture
def data(client, workflow_id):
    """Return the user data by name."""

    def data():
        return {each.name: each.data for each in every_item(client.list_user_data, workflow_id)}

    return data


def test_every_item_is_a_job_and_one_more_collects_the_results(
    client, workflow_id, map_to_jobs, data, torc_run
):
    jobs = map_to_jobs(SQUARES, postprocess_func="total")

    assert [job.name for job in jobs] == ["1", "2", "3", "postprocess"]
    assert data() == {
        **{f"input_{n}": {"params": item} for n, item in enumerate(VALUES, 1)},
        **{f"output_{n}": None for n in (1, 2, 3)},
        "postprocess_result": None,
    }
    assert torc_run(workflow_id) == 0
    assert [data()[f"output_{n}"] for n in (1, 2, 3)] == [
        {"square": 9},
        {"square": 1},
        {"square": 4},
    ]
    assert data()["postprocess_result"] == 14


def test_a_second_round_waits_for_the_first(client, workflow_id, map_to_jobs, data):
    first = map_to_jobs(SQUARES, postprocess_func="total")
    second = map_to_jobs(
        SQUARES, postprocess_func="total", name_prefix="b", depends_on_job_ids=[first[-1].id]
    )

    assert [job.name for job in second] == ["b1", "b2", "b3", "bpostprocess"]
    assert "bpostprocess_result" in data()
    client.initialize_jobs(workflow_id)
    statuses = {job.id: job.status for job in every_item(client.list_jobs, workflow_id)}
    assert [statuses[job.id] for job in first + second] == [JobStatus.READY] * 3 + [
        JobStatus.BLOCKED
    ] * 5
    assert client.get_job(second[0].id).depends_on_job_ids == [first[-1].id]


def test_jobs_have_the_names_and_the_fields_that_are_given(client, workflow_id, map_to_jobs):
    needs = client.create_resource_requirements(
        ResourceRequirements(workflow_id=workflow_id, name="large", num_cpus=4)
    )
    jobs = map_to_jobs(
        SQUARES,
        job_names=["ann", "bob", "cat"],
        name_prefix="of_",
        resource_requirements_id=needs.id,
        priority=7,
        env={"COLOR": "red"},
    )

    assert [job.name for job in jobs] == ["of_ann", "of_bob", "of_cat"]
    assert {job.resource_requirements_id for job in jobs} == {needs.id}
    assert [(job.priority, job.env) for job in jobs] == [(7, {"COLOR": "red"})] * 3


def test_numbers_begin_where_they_are_said_to(map_to_jobs):
    assert [job.name for job in map_to_jobs(SQUARES, start_index=8)] == ["8", "9", "10"]


def test_what_a_function_prints_is_the_output_of_its_job(map_to_jobs, run_job, data):
    first, *_ = map_to_jobs(SQUARES, name_prefix="x")

    assert run_job(first) == (0, "this is x1\n", "")
    assert data()["output_x1"] == {"square": 9}


def test_a_result_of_nothing_replaces_an_older_one(map_to_jobs, write_module, run_job, data):
    job, *_ = map_to_jobs("def square(name, item): return item")
    run_job(job)
    assert data()["output_1"] == VALUES[0]

    write_module("def square(name, item): pass")
    assert run_job(job)[0] == 0
    assert data()["output_1"] is None


def test_a_function_that_raises_fails_its_job_and_says_where(map_to_jobs, run_job, data):
    job, *_ = map_to_jobs("def square(name, item):\n    return 1 / 0\n")
    code, _, said = run_job(job)

    assert code == 1
    assert 'own.py", line 2, in square' in said
    assert said.endswith("ZeroDivisionError: division by zero\n")
    assert data()["output_1"] is None


def test_a_function_may_choose_the_exit_code(map_to_jobs, run_job):
    job, *_ = map_to_jobs("import sys\ndef square(name, item): sys.exit(42)\n")

    assert run_job(job)[0] == 42


def test_a_result_that_is_no_json_fails_the_job(map_to_jobs, run_job, data):
    job, *_ = map_to_jobs("def square(name, item): return {'seen': [1, {2}]}")
    code, _, said = run_job(job)

    assert code == 2
    assert "square(…)['seen'][1] is no JSON: its type is set" in said
    assert data()["output_1"] is None


def test_files_with_names_of_other_modules_harm_no_job(tmp_path, map_to_jobs, run_job):
    for name in ("argparse", "msgspec", "torc_core", "random"):
        (tmp_path / f"{name}.py").write_text("raise ImportError('the wrong one')")
        (tmp_path / "elsewhere" / f"{name}.py").write_text("raise ImportError('the wrong one')")
    job, *_ = map_to_jobs(SQUARES)

    assert run_job(job)[0] == 0


@pytest.fixture
def package(write_module, tmp_path):
    """A module of a package in a directory that Python does not search."""
    (tmp_path / "lib" / "deep").mkdir(parents=True)
    write_module(SQUARES, "lib/deep/inner")
    return "deep.inner", "square", VALUES[:1]


def test_a_module_is_found_in_the_directory_that_is_given(client, workflow_id, package, run_job):
    (job,) = map_function_to_jobs(client, workflow_id, *package, module_directory="lib")

    assert run_job(job)[0] == 0


def test_a_module_is_found_where_this_program_finds_it(
    client, workflow_id, package, run_job, monkeypatch
):
    monkeypatch.syspath_prepend("lib")
    (job,) = map_function_to_jobs(client, workflow_id, *package)

    assert run_job(job)[0] == 0


def test_what_is_installed_needs_no_directory(client, workflow_id):
    (job,) = map_function_to_jobs(client, workflow_id, "operator", "concat", [[1]], check=True)

    assert job.command.endswith(" call operator concat")


def test_a_module_that_only_nodes_have_is_taken_on_request(client, workflow_id):
    (job,) = map_function_to_jobs(client, workflow_id, "only_there", "run", [1], check=False)

    assert job.command.endswith(" call only_there run")


def test_a_result_waits_for_a_server_that_is_restarted(
    make_server, write_module, tmp_path, start_job
):
    own = make_server()
    client = own.client()
    workflow_id = client.create_workflow(WorkflowModel(name="away", user="tester")).id
    write_module(
        "import pathlib, time\n"
        "def wait(name, item):\n"
        "    pathlib.Path(item, 'began').touch()\n"
        "    while not pathlib.Path(item, 'go').exists(): time.sleep(0.02)\n"
        "    return 'done'\n"
    )
    (job,) = map_function_to_jobs(client, workflow_id, "own", "wait", [str(tmp_path)])
    with start_job(job, own.url) as process:
        wait_for((tmp_path / "began").exists, "the function runs")
        own.kill()
        (tmp_path / "go").touch()
        assert process.stderr is not None
        assert "Server does not answer" in process.stderr.readline()
        own.start()
        assert process.wait(WAIT_S) == 0

    assert client.get_user_data(job.output_user_data_ids[0]).data == "done"


def test_outside_of_a_job_the_program_says_that_it_is_for_jobs(map_to_jobs, tmp_path):
    job, *_ = map_to_jobs(SQUARES)
    alone = subprocess.run(shlex.split(job.command), capture_output=True, text=True, check=False)

    assert alone.returncode == 2
    assert "TORC_JOB_ID says which" in alone.stderr
    assert not (tmp_path / "state" / "torc" / "server.json").exists()


def test_a_job_with_other_inputs_is_not_called(client, workflow_id, map_to_jobs, run_job):
    job, *_ = map_to_jobs(SQUARES)
    client.create_user_data(
        UserDataModel(workflow_id=workflow_id, name="more", data=1), consumer_job_id=job.id
    )
    code, _, said = run_job(job)

    assert code == 5
    assert f"Job {job.id} reads 2 user data" in said
