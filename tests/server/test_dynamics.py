"""A workflow in motion over HTTP: what runs, jobs that add jobs, the archive."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from nodes import NODE

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


class Running:
    """A workflow whose first jobs run on a node."""

    def __init__(self, call, *names, **settings):
        self.call = call
        self.workflow_id = call.make_workflow(**settings)
        jobs = [{"workflow_id": self.workflow_id, "name": n, "command": "c"} for n in names]
        call("POST", "/bulk_jobs", {"jobs": jobs})
        call("POST", f"/workflows/{self.workflow_id}/initialize_jobs")
        node = NODE | {
            "workflow_id": self.workflow_id,
            "hostname": "n01",
            "num_cpus": 4,
            "memory_gb": 8.0,
            "compute_node_type": "slurm",
            "scheduler": {"type": "slurm", "scheduler_id": 3, "slurm_job_id": 4711},
        }
        self.node_id = call("POST", "/compute_nodes", node).body["id"]
        self.begin()

    def begin(self):
        claimed = self.call("POST", f"/workflows/{self.workflow_id}/claim_next_jobs", limit=100)
        for job in claimed.body["jobs"]:
            self.call("PUT", f"/jobs/{job['id']}/start_job/0/{self.node_id}")

    def jobs(self):
        items = self.call("GET", "/jobs", workflow_id=self.workflow_id).body["items"]
        return {job["name"]: job for job in items}

    def end(self, name, status="completed"):
        job = self.jobs()[name]
        result = {
            "job_id": job["id"],
            "workflow_id": self.workflow_id,
            "run_id": 0,
            "attempt_id": job["attempt_id"],
            "compute_node_id": self.node_id,
            "return_code": 0 if status == "completed" else 1,
            "exec_time_minutes": 1.0,
            "completion_time": "2026-01-01T00:01:00.000Z",
            "status": status,
        }
        reply = self.call("POST", f"/jobs/{job['id']}/complete_job/{status}/0", result)
        assert reply.status == 200, reply.text

    def spawn(self, caller, *jobs, **more):
        body = {"jobs": list(jobs)} | more
        return self.call("POST", f"/jobs/{self.jobs()[caller]['id']}/spawn_jobs", body)

    def statuses(self):
        return {name: job["status"] for name, job in self.jobs().items()}

    def data(self):
        items = self.call("GET", "/user_data", workflow_id=self.workflow_id).body["items"]
        return {record["name"]: record.get("data") for record in items}

    def events(self):
        items = self.call("GET", "/events", workflow_id=self.workflow_id).body["items"]
        return [event["data"]["event_type"] for event in items]


@pytest.fixture
def flow(call):
    return Running(call, "a", "b")


def job(name, *depends_on, **more):
    return {"name": name, "command": f"run {name}", "depends_on": list(depends_on)} | more


class TestRunningJobs:
    def test_a_running_job_tells_where_and_since_when_and_an_ended_one_no_longer(self, flow):
        running = flow.jobs()["a"]

        assert running["compute_node_id"] == flow.node_id
        assert TIME.fullmatch(running["start_time"])
        flow.end("a")
        ended = flow.call("GET", f"/jobs/{running['id']}").body
        assert ended["status"] == "completed"
        assert {"compute_node_id", "start_time"}.isdisjoint(ended)
        assert {"compute_node_id", "start_time"}.isdisjoint(flow.jobs()["a"])

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("POST", "/jobs/{job}/retry/0"),
            ("PUT", "/jobs/{job}/manage_status_change/canceled/0"),
            ("PUT", "/jobs/{job}/manage_status_change/ready/0"),
            ("PUT", "/workflows/{workflow}/cancel"),
            ("POST", "/workflows/{workflow}/reset_job_status"),
        ],
    )
    def test_every_other_way_out_takes_both_away(self, flow, method, path):
        job_id = flow.jobs()["a"]["id"]

        reply = flow.call(method, path.format(job=job_id, workflow=flow.workflow_id))

        assert reply.status == 200, reply.text
        after = flow.call("GET", f"/jobs/{job_id}").body
        assert after["status"] != "running"
        assert {"compute_node_id", "start_time"}.isdisjoint(after)

    def test_a_runner_of_ours_says_itself_when_a_job_began(self, call):
        flow = Running(call)
        made = {"workflow_id": flow.workflow_id, "name": "a", "command": "c"}
        job_id = call("POST", "/jobs", made).body["id"]
        call("POST", f"/workflows/{flow.workflow_id}/initialize_jobs")
        began = "2026-01-02T03:04:05.678Z"
        seq = 0

        def turn(**facts):
            nonlocal seq
            seq += 1
            turn = {"seq": seq} | facts
            return call("POST", f"/compute_nodes/{flow.node_id}/exchange", turn).body

        free = {"num_cpus": 4, "memory_gb": 8.0, "num_gpus": 0, "num_nodes": 1}
        (claimed,) = turn(work={"resources": free, "max_jobs": 1})["jobs"]
        held = flow.jobs()["a"]
        attempt = {"job_id": job_id, "token": claimed["token"], "start_time": began}
        turn(starts=[attempt])
        running = flow.jobs()["a"]
        end = {"status": "failed", "return_code": 1, "exec_time_minutes": 1.0, "retry": True}
        turn(ends=[attempt | end | {"completion_time": "2026-01-02T03:05:05.678Z"}])
        again = flow.jobs()["a"]

        assert (held["status"], held["compute_node_id"]) == ("pending", flow.node_id)
        assert "start_time" not in held
        assert (running["status"], running["start_time"]) == ("running", began)
        assert again["status"] == "ready"
        assert {"compute_node_id", "start_time"}.isdisjoint(again)

    def test_what_runs_is_listed_with_its_place(self, flow):
        flow.end("b")

        page = flow.call("GET", f"/workflows/{flow.workflow_id}/running_jobs").body

        (item,) = page["items"]
        assert TIME.fullmatch(item.pop("start_time"))
        assert item == {
            "job_id": flow.jobs()["a"]["id"],
            "job_name": "a",
            "compute_node_name": "n01",
            "scheduler_type": "slurm",
            "scheduler_job_id": "4711",
        }
        assert (page["total_count"], page["has_more"]) == (1, False)

    def test_the_list_comes_in_pages(self, flow):
        path = f"/workflows/{flow.workflow_id}/running_jobs"

        first = flow.call("GET", path, limit=1).body
        second = flow.call("GET", path, limit=1, offset=1).body

        assert [first["has_more"], second["has_more"]] == [True, False]
        assert [page["items"][0]["job_name"] for page in (first, second)] == ["a", "b"]
        assert flow.call("GET", "/workflows/123456/running_jobs").status == 404


class TestSpawnJobs:
    def test_added_jobs_wait_for_their_caller_and_for_what_they_name(self, flow):
        reply = flow.spawn("a", job("x"), job("y", "x", "b"), state={"error": 0.5})

        assert reply.status == 200, reply.text
        jobs = flow.jobs()
        assert reply.body == {
            "iteration": 1,
            "spawned_job_ids": [jobs["x"]["id"], jobs["y"]["id"]],
        }
        y = flow.call("GET", f"/jobs/{jobs['y']['id']}").body
        assert y["depends_on_job_ids"] == sorted(jobs[name]["id"] for name in ("a", "b", "x"))
        assert (y["status"], y["origin"], y["command"]) == ("blocked", "spawn", "run y")
        assert y["env"] == {"TORC_ORCHESTRATOR_LINEAGE_ID": "a"}
        assert flow.data() == {"__torc_lineage__a__g000001": {"error": 0.5}}
        assert flow.events().count("jobs_spawned") == 1

    def test_the_workflow_is_complete_only_when_added_jobs_have_ended(self, flow):
        flow.spawn("a", job("x"), job("y", "x"))
        seen = []
        for name in ("b", "a", "x", "y"):
            flow.end(name)
            seen.append((name, dict(flow.statuses()), "workflow_completed" in flow.events()))
            flow.begin()

        assert [done for _, _, done in seen] == [False, False, False, True]
        assert seen[1][1] == {"a": "completed", "b": "completed", "x": "ready", "y": "blocked"}
        assert flow.call("GET", f"/workflows/{flow.workflow_id}/is_complete").body["is_complete"]

    def test_a_failed_caller_cancels_what_it_added_unless_told_otherwise(self, flow):
        flow.spawn("a", job("x"), job("y", cancel_on_blocking_job_failure=False))

        flow.end("a", "failed")

        assert flow.statuses() == {"a": "failed", "b": "running", "x": "canceled", "y": "ready"}

    def test_a_dependency_that_has_ended_already_does_not_hold_back(self, flow):
        flow.end("b")
        flow.spawn("a", job("x", "b"))

        flow.end("a")

        assert flow.statuses()["x"] == "ready"

    def test_the_same_call_again_adds_nothing(self, flow):
        first = flow.spawn("a", job("x"), job("y"), state=1).body

        again = flow.spawn("a", job("y"), job("x"), state=2).body

        assert again["spawned_job_ids"] == first["spawned_job_ids"][::-1]
        assert again["iteration"] == first["iteration"] == 1
        assert flow.data() == {"__torc_lineage__a__g000001": 1}
        assert len(flow.jobs()) == 4

    def test_calls_at_once_add_the_jobs_once(self, flow):
        with ThreadPoolExecutor(4) as pool:
            replies = list(pool.map(lambda _: flow.spawn("a", job("x"), job("y")), range(4)))

        assert len({tuple(reply.body["spawned_job_ids"]) for reply in replies}) == 1
        assert len(flow.jobs()) == 4

    def test_a_lineage_goes_on_from_job_to_job_and_ends_with_a_final_state(self, flow):
        flow.spawn("a", job("next"), lineage="loop", state=1)
        flow.end("a")
        flow.begin()
        second = flow.spawn("next", job("last"), lineage="loop", state=2).body
        other = flow.spawn("b", job("elsewhere")).body

        end = flow.spawn("next", lineage="loop", state={"converged": True}).body
        flow.spawn("next", lineage="loop", state={"converged": 2})

        assert (second["iteration"], other["iteration"]) == (2, 1)
        assert end == {"iteration": 2, "spawned_job_ids": []}
        assert flow.data() == {
            "__torc_lineage__loop__g000001": 1,
            "__torc_lineage__loop__g000002": 2,
            "__torc_lineage__b__g000001": None,
            "__torc_lineage__loop__final": {"converged": 2},
        }

    def test_lineages_whose_names_look_like_patterns_are_kept_apart(self, flow):
        flow.spawn("a", job("x"), lineage="l%")
        flow.spawn("a", job("y"), lineage="l%__g")

        assert flow.spawn("a", job("z"), lineage="l_").body["iteration"] == 1
        assert flow.spawn("a", job("w"), lineage="l%").body["iteration"] == 2

    def test_a_lineage_may_add_jobs_only_so_often(self, call):
        flow = Running(call, "a", dynamic_jobs={"max_iterations": 2})
        flow.spawn("a", job("x1"))
        flow.spawn("a", job("x2"))

        refused = flow.spawn("a", job("x3"))

        assert refused.status == 422
        assert refused.problem["max_iterations"] == 2
        assert flow.spawn("a", job("x2")).status == 200
        assert flow.spawn("a").status == 200
        assert flow.spawn("a", job("x3"), lineage="another").status == 200

    def test_only_a_job_that_is_held_may_add_jobs(self, flow):
        flow.end("a")

        refused = flow.spawn("a", job("x"))

        assert refused.status == 409
        assert (refused.problem["status"], refused.problem["wanted"]) == ("completed", "running")
        assert flow.call("POST", "/jobs/123456/spawn_jobs", {"jobs": []}).status == 404
        assert len(flow.jobs()) == 2

    def test_a_claimed_job_may_add_jobs_before_its_start_is_known(self, flow):
        flow.call("PUT", f"/jobs/{flow.jobs()['a']['id']}/manage_status_change/ready/0")
        flow.call("POST", f"/workflows/{flow.workflow_id}/claim_next_jobs")
        assert flow.statuses()["a"] == "pending"

        assert flow.spawn("a", job("x")).status == 200

    @pytest.mark.parametrize(
        ("jobs", "said"),
        [
            ([job("x", "nobody")], "no job named 'nobody'"),
            ([job("x", resource_requirements="huge")], "no resource requirements named 'huge'"),
            ([job("x"), job("x")], "Two jobs of the request are named 'x'"),
            ([job("b")], "has a job named 'b' already"),
            ([job("x", "y"), job("y", "x")], "in a cycle"),
            ([job("x", "x")], "in a cycle"),
            ([job("x", priority=-1)], "priority -1"),
            ([job("")], "has no name"),
        ],
    )
    def test_what_makes_no_sense_is_refused_and_adds_nothing(self, flow, jobs, said):
        refused = flow.spawn("a", job("fine"), *jobs)

        assert refused.status == 422
        assert said in refused.problem["message"]
        assert len(flow.jobs()) == 2
        assert flow.data() == {}

    def test_some_new_and_some_old_names_are_refused(self, flow):
        flow.spawn("a", job("x"))

        assert flow.spawn("a", job("x"), job("y")).status == 422
        assert flow.spawn("b", job("x")).status == 422

    def test_a_name_that_stands_for_several_jobs_is_refused(self, flow):
        twin = {"workflow_id": flow.workflow_id, "name": "b", "command": "c"}
        flow.call("POST", "/jobs", twin)

        refused = flow.spawn("a", job("x", "b"))

        assert refused.status == 422
        assert "Several job" in refused.problem["message"]

    def test_requirements_and_priority_are_as_asked_for(self, flow):
        needs = {
            "workflow_id": flow.workflow_id,
            "name": "big",
            "num_cpus": 8,
            "memory": "2g",
            "runtime": "PT1H",
        }
        needs_id = flow.call("POST", "/resource_requirements", needs).body["id"]

        flow.spawn("a", job("x", resource_requirements="big", priority=7), job("y"))

        jobs = flow.jobs()
        assert (jobs["x"]["resource_requirements_id"], jobs["x"]["priority"]) == (needs_id, 7)
        assert jobs["y"]["resource_requirements_id"] == jobs["a"]["resource_requirements_id"]

    @pytest.mark.parametrize("lineage", ["", "x" * 201, "a\nb"])
    def test_a_lineage_needs_a_name_that_can_be_printed(self, flow, lineage):
        assert flow.spawn("a", job("x"), lineage=lineage).status == 422

    def test_what_was_added_is_part_of_the_next_start(self, flow):
        flow.spawn("a", job("x"), job("y", "x"))
        flow.call("POST", f"/workflows/{flow.workflow_id}/reset_job_status")

        flow.call("POST", f"/workflows/{flow.workflow_id}/initialize_jobs")

        assert flow.statuses() == {"a": "ready", "b": "ready", "x": "blocked", "y": "blocked"}


class TestEnvironments:
    def test_it_is_kept_for_workflows_and_jobs_and_handed_to_runners(self, call):
        workflow_id = call.make_workflow(env={"A": "1", "B": ""})
        made = {"workflow_id": workflow_id, "name": "j", "command": "c", "env": {"A": "ü$x\n"}}
        job_id = call("POST", "/jobs", made).body["id"]
        call("POST", f"/workflows/{workflow_id}/initialize_jobs")

        (claimed,) = call("POST", f"/workflows/{workflow_id}/claim_next_jobs").body["jobs"]

        assert claimed["env"] == {"A": "ü$x\n"}
        assert call("GET", f"/jobs/{job_id}").body["env"] == {"A": "ü$x\n"}
        assert call("GET", f"/workflows/{workflow_id}").body["env"] == {"A": "1", "B": ""}

    def test_a_workflow_changes_its_own_at_any_time(self, call):
        workflow_id = call.make_workflow(env={"A": "1"})
        path = f"/workflows/{workflow_id}"

        assert call("PUT", path, {"name": "v"}).body["env"] == {"A": "1"}
        assert call("PUT", path, {"env": {"C": "2"}}).body["env"] == {"C": "2"}

    def test_a_job_changes_its_own_while_uninitialized_and_so_counts_as_changed(self, call):
        workflow_id = call.make_workflow()
        made = {"workflow_id": workflow_id, "name": "j", "command": "c"}
        path = f"/jobs/{call('POST', '/jobs', made).body['id']}"
        flow = f"/workflows/{workflow_id}"
        call("POST", f"{flow}/initialize_jobs")

        assert call("PUT", path, {"env": {"A": "1"}}).status == 422
        call("POST", f"{flow}/reset_job_status")
        assert call("POST", f"{flow}/process_changed_job_inputs").body["reinitialized_jobs"] == []
        assert call("PUT", path, {"env": {"A": "1", "B": "2"}}).body["env"] == {"A": "1", "B": "2"}
        changed = call("POST", f"{flow}/process_changed_job_inputs").body
        assert changed["reinitialized_jobs"] == ["j"]

    @pytest.mark.parametrize(
        "env",
        [{"": "x"}, {"1A": "x"}, {"A B": "x"}, {"A=B": "x"}, {"Ä": "x"}, {"A": "x" * 131_072}],
    )
    def test_what_no_process_could_be_given_is_refused(self, call, workflow_id, env):
        made = {"workflow_id": workflow_id, "name": "j", "command": "c"}
        path = f"/jobs/{call('POST', '/jobs', made).body['id']}"

        replies = [
            call("POST", "/jobs", made | {"env": env}),
            call("POST", "/workflows", {"name": "w", "user": "u", "env": env}),
            call("PUT", path, {"env": env}),
            call("PUT", f"/workflows/{workflow_id}", {"env": env}),
        ]

        assert [(reply.status, reply.problem["field"]) for reply in replies] == [(422, "env")] * 4
        assert call("GET", "/jobs", workflow_id=workflow_id).body["count"] == 1

    def test_values_that_are_no_text_are_refused(self, call):
        assert call("POST", "/workflows", {"name": "w", "user": "u", "env": {"A": 1}}).status == 400


@pytest.mark.parametrize("most", [0, -1, 1_000_000])
def test_the_bound_of_iterations_is_a_sensible_number(call, most):
    made = {"name": "w", "user": "u", "dynamic_jobs": {"max_iterations": most}}

    assert call("POST", "/workflows", made).status == 422


def test_a_workflow_goes_into_the_archive_and_comes_back(call, workflow_id):
    path = f"/workflows/{workflow_id}"

    archived = call("POST", f"{path}/archive", {"is_archived": True})
    call("POST", f"{path}/archive", {"is_archived": True})

    assert (archived.status, archived.body["is_archived"]) == (200, True)
    assert call("GET", path).body["is_archived"] is True
    assert call("POST", f"{path}/reset_status").status == 422
    assert call("POST", f"{path}/archive", {"is_archived": False}).body["is_archived"] is False
    events = call("GET", "/events", workflow_id=workflow_id).body["items"]
    assert [event["data"]["is_archived"] for event in events] == [True, False]
    assert call("POST", "/workflows/123456/archive", {"is_archived": True}).status == 404
    assert call("POST", f"{path}/archive", {}).status == 400
