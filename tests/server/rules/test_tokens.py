"""Reports are idempotent, and those of attempts that are over change nothing."""

from __future__ import annotations

from server.rules.bench import NOW

from torc_core.model.compute import ComputeNodesResources
from torc_core.model.exchange import JobRelease
from torc_core.model.status import JobStatus
from torc_server.rules.resets import reset_job_status
from torc_server.storage import tables


def test_the_same_end_again_is_known_already(bench):
    job = bench.add("job")
    bench.initialize()
    bench.claim()
    assert bench.end(job) == ["ok"]
    assert bench.end(job) == ["duplicate"]
    assert bench.end(job, status=JobStatus.FAILED) == ["illegal"]
    assert bench.count(tables.result) == 1
    assert bench.event_types().count("job_completed") == 1


def test_the_same_end_twice_in_one_turn_counts_once(bench):
    job = bench.add("job")
    bench.initialize()
    bench.claim()
    assert bench.end(job, job) == ["ok", "duplicate"]
    assert bench.count(tables.result) == 1


def test_an_end_under_an_older_token_is_fenced(bench):
    job = bench.add("job")
    bench.initialize()
    bench.claim()
    old = bench.tokens[job]
    bench.turn(releases=[JobRelease(job_id=job, token=old)])
    bench.claim(node_id=bench.add_node(), seq=1)
    assert bench.tokens[job] == old + 1
    assert bench.end(job, token=old) == ["fenced"]
    assert bench.statuses() == {"job": "pending"}
    assert bench.end(job) == ["ok"]


def test_a_repeated_retry_is_known_already(bench):
    job = bench.add("job")
    bench.initialize()
    bench.claim()
    assert bench.end(job, status=JobStatus.FAILED, retry=True) == ["ok"]
    assert bench.end(job, status=JobStatus.FAILED, retry=True) == ["duplicate"]
    old = bench.tokens[job]
    bench.claim()
    assert bench.end(job, status=JobStatus.FAILED, retry=True, token=old) == ["duplicate"]
    assert bench.count(tables.result) == 1


def test_reports_about_strange_jobs_are_values_not_errors(bench):
    job = bench.add("job")
    bench.initialize()
    assert bench.end(999) == ["unknown"]
    assert bench.end(job) == ["illegal"]
    bench.claim()
    assert bench.end(job, status=JobStatus.RUNNING) == ["illegal"]
    assert bench.end(job, token=77) == ["illegal"]


def test_the_same_turn_again_hands_out_the_same_jobs(bench):
    first, second, third = (bench.add(name) for name in "abc")
    bench.initialize()
    reply = bench.claim(2, seq=1)
    assert [claimed.job.id for claimed in reply.jobs] == [first, second]
    assert bench.claim(2, seq=1).jobs == reply.jobs
    assert [claimed.job.id for claimed in bench.claim(2, seq=2).jobs] == [third]


def test_an_overtaken_turn_gives_its_reports_and_gets_nothing(bench):
    job = bench.add("job")
    bench.initialize()
    bench.claim(seq=5)
    other = bench.add("other")
    bench.initialize()
    reply = bench.turn(seq=4, ends=[bench.ending(job)])
    assert [outcome.result for outcome in reply.outcomes] == ["ok"]
    assert bench.claim(seq=4).jobs == []
    assert bench.claimed_ids(seq=6) == [other]


def test_a_job_given_back_is_ready_again_and_costs_no_attempt(bench):
    job = bench.add("job")
    bench.initialize()
    bench.claim()
    release = JobRelease(job_id=job, token=bench.tokens[job])
    reply = bench.turn(releases=[release, release])
    assert [outcome.result for outcome in reply.outcomes] == ["ok", "ok"]
    assert bench.claim().jobs[0].job.attempt_id == 1


def test_a_turn_notes_that_the_runner_lives(bench):
    bench.turn()
    row = bench.conn.execute(tables.compute_node.select()).one()
    assert row.last_seen_at is not None
    assert row.last_seq == bench.seq


def test_what_does_not_fit_is_explained(bench):
    need = bench.need(num_cpus=8, memory="1g")
    for i in range(12):
        bench.add(f"j{i}", resource_requirements_id=need)
    bench.initialize()
    small = ComputeNodesResources(num_cpus=4, memory_gb=64.0, num_gpus=0, num_nodes=1)
    reply = bench.claim(resources=small)
    assert reply.jobs == []
    assert reply.reason == "12 ready jobs need 8 CPUs each; this node has 4 CPUs free."


def test_an_overtaken_turn_that_is_repeated_gets_again_what_it_was_given(bench):
    started, lost = bench.add("started"), bench.add("lost")
    bench.initialize()
    bench.claim(seq=1)
    bench.turn(seq=2)
    bench.seq = 2
    bench.start(started)
    assert bench.claimed_ids(seq=1) == [lost]
    bench.start(lost)
    assert bench.claimed_ids(seq=1) == []


def open_attempts(bench):
    return [row.token for row in bench.conn.execute(tables.attempt.select()) if not row.ended_at]


def test_a_late_end_of_a_job_that_was_taken_back_is_refused_and_done_with(bench):
    job = bench.add("job")
    bench.initialize()
    bench.claim()
    bench.start(job)
    reset_job_status(bench.conn, bench.workflow_id, now_ms=NOW)
    assert bench.turn().kill == [job]
    bench.initialize()
    assert bench.end(job, status=JobStatus.TERMINATED) == ["illegal"]
    assert open_attempts(bench) == []
    assert bench.statuses() == {"job": "ready"}


def test_a_late_release_of_a_job_that_was_taken_back_is_refused_and_done_with(bench):
    job = bench.add("job")
    bench.initialize()
    bench.claim()
    reset_job_status(bench.conn, bench.workflow_id, now_ms=NOW)
    reply = bench.turn(releases=[JobRelease(job_id=job, token=bench.tokens[job])])
    assert [outcome.result for outcome in reply.outcomes] == ["illegal"]
    assert open_attempts(bench) == []
    assert bench.statuses() == {"job": "uninitialized"}


def test_a_runner_that_holds_a_job_anew_is_not_told_to_stop_it_for_its_past(bench):
    job = bench.add("job")
    bench.initialize()
    bench.claim()
    bench.start(job)
    old = bench.tokens[job]
    reset_job_status(bench.conn, bench.workflow_id, now_ms=NOW)
    bench.initialize()
    reply = bench.claim()
    assert ([claimed.job.id for claimed in reply.jobs], reply.kill) == ([job], [])
    assert bench.end(job, status=JobStatus.TERMINATED, token=old) == ["fenced"]
    assert open_attempts(bench) == [bench.tokens[job]]
    assert bench.end(job) == ["ok"]
