"""A document as the reference writes it becomes a workflow."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from operations.transfer.transfers import import_bytes

from torc_core.operations.lifecycle.initialize import initialize_workflow

DOCUMENT = Path(__file__).parents[2] / "data" / "exports" / "reference_1.0.json"


@pytest.fixture(scope="module")
def imported(server):
    client = server.client()
    yield client, *import_bytes(client, DOCUMENT.read_bytes())
    client.close()


@pytest.fixture
def by_name(imported):
    client, done, _ = imported
    jobs = client.list_jobs(done.workflow_id, include_relationships=True).items
    return {job.name: job for job in jobs}


def test_the_workflow_belongs_to_its_importer_and_has_never_run(imported, tmp_path):
    client, done, _ = imported
    workflow = client.get_workflow(done.workflow_id)
    assert (workflow.name, workflow.user) == ("tuning", "importer")
    assert workflow.description == "Two models and a report"
    assert json.loads(workflow.slurm_defaults) == {"account": "lab"}
    assert workflow.submission_directory == str(Path.cwd())
    assert client.is_workflow_uninitialized(done.workflow_id)
    assert done.sentence == (
        f"Imported #{done.workflow_id} tuning with 3 jobs, 3 files, 2 user data and 3 results."
    )


def test_jobs_keep_their_order_and_what_they_depend_on(imported, by_name):
    client, done, _ = imported
    ids = {file.name: file.id for file in client.list_files(done.workflow_id).items}
    data = {each.name: each.id for each in client.list_user_data(done.workflow_id).items}
    assert list(by_name) == ["train_a", "train_b", "report"]
    report = by_name["report"]
    assert report.depends_on_job_ids == [by_name["train_a"].id, by_name["train_b"].id]
    assert report.input_file_ids == [ids["model_a"], ids["model_b"]]
    assert report.output_user_data_ids == [data["scores"]]
    assert by_name["train_a"].output_file_ids == [ids["model_a"]]
    assert [job.attempt_id for job in by_name.values()] == [1, 1, 1]
    assert not report.cancel_on_blocking_job_failure
    assert by_name["train_b"].supports_termination
    assert by_name["train_b"].invocation_script == "bash run.sh"


def test_the_default_requirements_are_those_of_the_document(imported, by_name):
    client, done, _ = imported
    found = client.list_resource_requirements(done.workflow_id).items
    assert [(each.name, each.num_cpus, each.memory, each.runtime) for each in found] == [
        ("default", 2, "2g", "PT10M"),
        ("large", 8, "16g", "PT4H"),
    ]
    assert by_name["report"].resource_requirements_id == found[0].id
    assert by_name["train_a"].resource_requirements_id == found[1].id


def test_jobs_and_actions_name_the_new_schedulers_and_handlers(imported, by_name):
    client, done, _ = imported
    [slurm] = client.list_slurm_schedulers(done.workflow_id).items
    [local] = client.list_local_schedulers(done.workflow_id).items
    [handler] = client.list_failure_handlers(done.workflow_id).items
    assert (slurm.gres, local.memory, local.num_cpus) == ("gpu:1", "8g", 4)
    assert by_name["train_a"].scheduler_id == slurm.id
    assert by_name["train_a"].failure_handler_id == handler.id
    first, second = client.get_workflow_actions(done.workflow_id)
    assert first.action_config == {
        "scheduler_type": "slurm",
        "scheduler_id": slurm.id,
        "num_allocations": 2,
    }
    assert first.job_ids == [by_name["train_a"].id, by_name["train_b"].id]
    assert (first.executed, first.executed_by, first.trigger_count) == (False, None, 0)
    assert second.action_config == {"commands": ["echo done"]}


def test_commands_name_user_data_by_its_new_number_where_that_is_certain(imported, by_name):
    client, done, warnings = imported
    settings, scores = client.list_user_data(done.workflow_id).items
    assert (settings.data, scores.data) == ({"rate": 0.01, "layers": [64, 32]}, None)
    assert by_name["train_a"].command.startswith(f"torc user-data get {settings.id} |")
    assert by_name["report"].command == f"torc user-data update {scores.id} --data '{{}}'"
    assert by_name["train_b"].command == "python train.py --settings 41 --out output/b.bin"
    assert any("1 command may name user data" in each and "train_b" in each for each in warnings)


def test_a_number_that_may_be_something_else_stays(client):
    document = json.loads(DOCUMENT.read_bytes())
    document["jobs"][0]["command"] = (
        "torc -f json user-data get 41\n"
        "curl ${TORC_API_URL}/user_data/41\n"
        "curl http://h:1/torc-service/v1/user_data/41?x=1\n"
        "cat user_data/41.csv /user_data/41\n"
        "torc user-data get 411; torc user-data get 41.5; sleep 41"
    )
    done, _ = import_bytes(client, json.dumps(document).encode())
    new = client.list_user_data(done.workflow_id).items[0].id
    assert client.list_jobs(done.workflow_id).items[0].command.splitlines() == [
        f"torc -f json user-data get {new}",
        f"curl ${{TORC_API_URL}}/user_data/{new}",
        f"curl http://h:1/torc-service/v1/user_data/{new}?x=1",
        "cat user_data/41.csv /user_data/41",
        "torc user-data get 411; torc user-data get 41.5; sleep 41",
    ]


def test_results_are_of_nodes_that_stand_for_those_of_the_other_server(imported, by_name):
    client, done, _ = imported
    results = client.list_results(done.workflow_id, all_runs=True).items
    assert [(each.job_id, each.run_id, each.attempt_id, each.return_code) for each in results] == [
        (by_name["train_a"].id, 2, 1, 137),
        (by_name["train_a"].id, 2, 2, 0),
        (by_name["train_b"].id, 2, 1, 1),
    ]
    assert results[1].peak_memory_bytes == 12884901888
    nodes = client.list_compute_nodes(done.workflow_id).items
    assert [(node.hostname, node.is_active) for node in nodes] == [("unknown", False)] * 2
    assert [each.compute_node_id for each in results] == [nodes[0].id, nodes[0].id, nodes[1].id]


def test_the_next_run_follows_those_of_the_results(client):
    done, _ = import_bytes(client, DOCUMENT.read_bytes())
    assert client.get_workflow_status(done.workflow_id).run_id == 2
    initialize_workflow(client, done.workflow_id, force=True)
    assert client.get_workflow_status(done.workflow_id).run_id == 3


def test_events_are_left_out_and_the_importer_is_told(server, imported):
    client, done, warnings = imported
    assert any(each.startswith("2 events left out:") for each in warnings)
    assert not {"job_started", "job_completed", "compute_node_started"} & {
        event.data.get("event_type") for event in client.list_events(done.workflow_id).items
    }
    _, silent = import_bytes(client, DOCUMENT.read_bytes(), skip_events=True)
    assert not any("events" in each for each in silent)


def test_results_can_be_left_out(client):
    done, _ = import_bytes(client, DOCUMENT.read_bytes(), skip_results=True)
    assert client.list_results(done.workflow_id, all_runs=True).total_count == 0
    assert client.list_compute_nodes(done.workflow_id).total_count == 0
    assert client.get_workflow_status(done.workflow_id).run_id == 0
