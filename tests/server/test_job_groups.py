"""Groups of jobs whose names differ in their numbers alone, as the server counts them."""

from __future__ import annotations

from itertools import islice, product
from string import ascii_lowercase

import pytest


@pytest.fixture
def add(call, workflow_id):
    def add(*names, **fields):
        jobs = [{"workflow_id": workflow_id, "name": each, "command": "true"} for each in names]
        created = call("POST", "/bulk_jobs", {"jobs": [job | fields for job in jobs]})
        assert created.status == 200, created.text
        return [job["id"] for job in created.body["jobs"]]

    return add


@pytest.fixture
def groups(call, workflow_id):
    def groups(**query):
        page = call("GET", f"/workflows/{workflow_id}/job_groups", **query).body
        return {each["name"]: each for each in page["items"]}

    return groups


def needs(groups):
    """Return the names of the groups that each group needs."""
    found = groups()
    names = {group["id"]: name for name, group in found.items()}
    return {
        name: sorted(names[each] for each in group["needed_group_ids"])
        for name, group in found.items()
    }


def initialize(call, workflow_id):
    assert call("POST", f"/workflows/{workflow_id}/initialize_jobs").status == 200


def test_jobs_are_counted_by_group_and_status(call, workflow_id, add, groups):
    first, second, _ = add("fit_1_of_2", "fit_2_of_2", "merge_7")
    add("plot_1", depends_on_job_ids=[first])
    initialize(call, workflow_id)
    call("PUT", f"/jobs/{second}/manage_status_change/canceled/0")
    found = groups()

    assert {name: group["jobs_by_status"] for name, group in found.items()} == {
        "fit_#_of_#": {"ready": 1, "canceled": 1},
        "merge_7": {"ready": 1},
        "plot_1": {"blocked": 1},
    }
    assert found["fit_#_of_#"]["first_job_id"] == first
    assert [name for name, group in found.items() if group["requirements_ids"]] == list(found)


def test_requirements_are_of_jobs_that_wait_or_run(call, workflow_id, add, groups):
    wanted = {"workflow_id": workflow_id, "name": "large", "num_cpus": 4}
    large = call("POST", "/resource_requirements", wanted).body["id"]
    add("a_1")
    [second] = add("a_2", resource_requirements_id=large)
    initialize(call, workflow_id)
    assert large in groups()["a_#"]["requirements_ids"]
    call("PUT", f"/jobs/{second}/manage_status_change/canceled/0")

    assert large not in groups()["a_#"]["requirements_ids"]


def test_groups_know_which_they_depend_on(call, workflow_id, add, groups):
    file = {"workflow_id": workflow_id, "name": "f", "path": "f"}
    file_id = call("POST", "/files", file).body["id"]
    first, second = add("a_1", "a_2")
    add("b_1", "b_2", depends_on_job_ids=[first, second])
    add("writer", output_file_ids=[file_id])
    add("reader", input_file_ids=[file_id])
    before = needs(groups)
    initialize(call, workflow_id)

    assert before == {"a_#": [], "b_#": ["a_#"], "writer": [], "reader": []}
    assert needs(groups) == before | {"reader": ["writer"]}


def test_what_is_added_changed_or_deleted_later_is_seen(call, workflow_id, add, groups):
    first, second = add("a_1", "b_1")
    third, _ = add("c_1", "c_2", depends_on_job_ids=[first])
    assert needs(groups) == {"a_1": [], "b_1": [], "c_#": ["a_1"]}

    [fourth] = add("d_1", depends_on_job_ids=[first])  # the set is there already
    add("e_1", depends_on_job_ids=[fourth, second])
    both = needs(groups)
    assert (both["d_1"], both["e_1"]) == (["a_1"], ["b_1", "d_1"])

    call("PUT", f"/jobs/{third}", {"depends_on_job_ids": [fourth, second]})
    assert needs(groups)["c_#"] == ["a_1", "b_1", "d_1"]

    call("PUT", f"/jobs/{fourth}", {"name": "a_2"})
    assert needs(groups)["a_#"] == ["a_#"]
    assert groups(limit=4)["d_#"]["jobs_by_status"] == {}

    call("DELETE", f"/jobs/{third}")
    assert needs(groups)["c_2"] == ["a_#"]

    call("DELETE", "/jobs", workflow_id=workflow_id)
    assert groups() == {}


def test_the_jobs_of_a_group_are_listed(call, workflow_id, add, groups):
    add("a_1", "b_1", "a_2")
    group_id = groups()["a_#"]["id"]
    page = call("GET", "/jobs", workflow_id=workflow_id, group_id=group_id).body
    other = call.make_workflow()

    assert [job["name"] for job in page["items"]] == ["a_1", "a_2"]
    assert page["total_count"] == 2
    assert call("GET", "/jobs", workflow_id=other, group_id=group_id).body["items"] == []


def test_of_very_many_groups_only_the_jobs_are_counted(add, groups):
    letters = map("".join, product(ascii_lowercase, repeat=3))
    add(*islice(letters, 10_001))
    page = groups(limit=2)

    assert [group["jobs_by_status"] for group in page.values()] == [{"uninitialized": 1}] * 2
    assert all("needed_group_ids" not in group for group in page.values())
