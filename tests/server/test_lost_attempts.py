"""Attempts that are lost, as clients see them over HTTP."""

from __future__ import annotations

import pytest
from server.test_event_data import TIME, Scenario


class Story(Scenario):
    """A workflow with one job, `job`, that runs on the node `node`."""

    def __init__(self, call):
        super().__init__(call)
        self.job_id = self.job("job")
        self.work("initialize_jobs")
        self.node_id = self.node()

    def release(self, node_id, **fields):
        """Release the job as its runner, or the next one, does: the start is reported as well."""
        key = {"job_id": self.job_id, "token": self.tokens[self.job_id]}
        start, release = key | {"start_time": TIME}, key | fields
        reply = self.exchange(node_id, starts=[start], releases=[release])
        return [outcome["result"] for outcome in reply["outcomes"]]

    def results(self):
        found = self.do("GET", "/results", workflow_id=self.workflow, all_runs="true")["items"]
        keys = ("attempt_id", "status", "return_code", "compute_node_id")
        return [tuple(result[key] for key in keys) for result in found]

    def standing(self):
        job = self.do("GET", f"/jobs/{self.job_id}")
        return job["status"], job["attempt_id"]

    def events_of(self, kind):
        listed = self.do("GET", "/events", workflow_id=self.workflow)["items"]
        return [each["data"] for each in listed if each["data"]["event_type"] == kind]


@pytest.fixture
def story(call):
    return Story(call)


def test_what_is_lost_with_its_guard_has_a_result_and_runs_again(story):
    story.claim(story.node_id)
    assert story.release(story.node_id, is_lost=True) == ["ok"]
    assert story.release(story.node_id, is_lost=True) == ["duplicate"]
    assert story.results() == [(1, "failed", -128, story.node_id)]
    assert story.standing() == ("ready", 2)
    [lost] = story.events_of("job_lost")
    assert (lost["attempt_id"], lost["compute_node_id"]) == (1, story.node_id)


def test_what_the_next_runner_finds_lost_was_lost_where_it_ran(story):
    story.claim(story.node_id)
    story.start(story.node_id, story.job_id)
    following = story.node()
    assert story.release(following, is_lost=True) == ["ok"]
    assert story.results() == [(1, "failed", -128, story.node_id)]
    assert story.events_of("job_adopted") == []


def test_the_fifth_loss_fails_the_job(story):
    for _ in range(5):
        assert story.standing()[0] == "ready"
        story.claim(story.node_id)
        story.release(story.node_id, is_lost=True)
    assert story.standing() == ("failed", 5)
    assert [result[:3] for result in story.results()] == [
        (attempt, "failed", -128) for attempt in range(1, 6)
    ]
    assert story.work("is_complete", "GET")["is_complete"]


@pytest.mark.parametrize("fields", [{}, {"is_lost": False}])
def test_what_is_released_without_being_lost_has_no_result(story, fields):
    for _ in range(6):
        story.claim(story.node_id)
        assert story.release(story.node_id, **fields) == ["ok"]
    assert story.results() == []
    assert story.standing()[0] == "ready"
    assert story.events_of("job_lost") == []


@pytest.mark.parametrize("path", ["manage_status_change/ready/0", "retry/0"])
def test_what_a_client_of_the_reference_gives_back_has_no_result(story, path):
    story.work("claim_next_jobs", limit=1)
    story.do("PUT", f"/jobs/{story.job_id}/start_job/0/{story.node_id}")
    query = {"max_retries": 3} if path.startswith("retry") else {}
    story.do("POST" if query else "PUT", f"/jobs/{story.job_id}/{path}", **query)
    assert (story.results(), story.standing()[0]) == ([], "ready")
    assert story.events_of("job_lost") == []


def test_what_a_deregistered_client_has_left_is_lost_with_the_next_initialization(story):
    story.work("claim_next_jobs", limit=1)
    story.do("PUT", f"/jobs/{story.job_id}/start_job/0/{story.node_id}")
    node = story.do("GET", f"/compute_nodes/{story.node_id}")
    story.do("PUT", f"/compute_nodes/{story.node_id}", node | {"is_active": False})
    assert (story.results(), story.standing()) == ([], ("running", 1))
    story.work("initialize_jobs")
    assert story.results() == [(1, "failed", -128, story.node_id)]
    assert story.standing() == ("ready", 2)


def test_what_a_forced_resume_gives_up_has_a_result(story):
    story.claim(story.node_id)
    story.start(story.node_id, story.job_id)
    request = {"user": "u", "kind": "cold_resume", "force_cleanup": True}
    reply = story.do("POST", f"/workflows/{story.workflow}/resume", request)
    assert (reply["settled_jobs"], reply["waiting_jobs"]) == (1, 0)
    assert story.results() == [(1, "terminated", -128, story.node_id)]
    assert story.standing()[0] == "ready"
