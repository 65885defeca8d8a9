"""Runners that fall silent lose their jobs; clocks that are set cost no runner its jobs."""

from __future__ import annotations

import pytest
from server.rules.bench import NOW

from torc_core.clock import utc_text
from torc_core.model.exchange import JobRelease, JobStart
from torc_core.model.records.timers import DEFAULT_TIMERS
from torc_core.model.status import JobStatus
from torc_server.rules.attempts.cancel import cancel_workflow
from torc_server.rules.attempts.claims import claim_next_jobs
from torc_server.rules.attempts.lost.leases import (
    LeaseClock,
    Silence,
    expire_leases,
    heard_by_now,
    lose_rebooted,
    start_over,
    suspect_silent,
)
from torc_server.rules.initialize import ALL
from torc_server.rules.large import initializing
from torc_server.rules.large.initializing import Note
from torc_server.rules.resets import reset_job_status
from torc_server.storage import tables
from torc_server.storage.long_work.unfinished import RESERVED

LOST_S = DEFAULT_TIMERS.lost_seconds
LATER = NOW + 400_000
HOUR_MS = 3_600_000


def expire(bench):
    return expire_leases(bench.conn, Silence(LATER - int(LOST_S * 1000), LATER), now_ms=LATER)


def test_the_jobs_of_a_silent_runner_are_ready_again(bench):
    held, started = bench.add("held"), bench.add("started")
    bench.initialize()
    bench.claim()
    bench.start(started)
    assert expire(bench) == [bench.node_id]
    assert bench.statuses() == {"held": "ready", "started": "ready"}
    *_, (event_type, data), first, lost, second = bench.events()
    assert event_type == "compute_node_stopped"
    assert [first[0], lost[0], second[0]] == ["job_ready", "job_lost", "job_ready"]
    assert (first[1]["job_id"], second[1]["job_id"]) == (held, started)
    assert (data["jobs"], data["reason"]) == (2, "nothing heard for 400 seconds")
    assert expire(bench) == []
    assert bench.claim(node_id=bench.add_node(), seq=1).jobs[0].job.id == held


def test_runners_whose_exchanges_wait_for_long_work_are_not_silent(bench):
    bench.add("held")
    bench.initialize()
    bench.claim()
    silence = Silence(LATER - int(LOST_S * 1000), LATER)
    bench.conn.info[RESERVED] = {bench.workflow_id: 1}
    for look in (suspect_silent, lose_rebooted, expire_leases):
        assert look(bench.conn, silence, now_ms=LATER) == []

    bench.conn.info[RESERVED] = {}
    start_over(bench.conn, bench.workflow_id, now_ms=LATER)
    assert expire(bench) == []
    assert bench.statuses() == {"held": "pending"}


@pytest.mark.parametrize("ends", ["all is written", "it is given up"])
def test_leases_start_over_with_the_end_of_long_work(bench, ends):
    bench.add("held")
    bench.initialize()
    bench.claim()
    note = Note(asked=ALL)
    initializing.begin(bench.conn, bench.workflow_id, note, None, now_ms=NOW)
    if ends == "all is written":
        plan = initializing.plan(bench.conn, bench.workflow_id, note)
        initializing.conclude(bench.conn, plan, note, now_ms=LATER)
    else:
        initializing.give_up(bench.conn, bench.workflow_id, now_ms=LATER)
    assert expire(bench) == []
    assert bench.statuses() == {"held": "pending"}


def test_a_silent_runner_is_suspect_once_and_keeps_its_jobs_until_it_is_lost(bench):
    job = bench.add("job")
    bench.initialize()
    bench.claim()
    bench.start(job)
    since, now_ms = NOW + 1, NOW + 100_000
    assert suspect_silent(bench.conn, Silence(NOW, now_ms), now_ms=now_ms) == []
    assert suspect_silent(bench.conn, Silence(since, now_ms), now_ms=now_ms) == [bench.node_id]
    assert suspect_silent(bench.conn, Silence(since, now_ms + 5_000), now_ms=now_ms + 5_000) == []
    assert bench.statuses() == {"job": "running"}
    event_type, data = bench.events()[-1]
    assert event_type == "compute_node_suspected"
    assert (data["compute_node_id"], data["silent_seconds"]) == (bench.node_id, 100)
    assert expire(bench) == [bench.node_id]
    assert suspect_silent(bench.conn, Silence(since, LATER), now_ms=LATER) == []


def test_a_suspect_that_reports_is_no_suspect(bench):
    job = bench.add("job")
    bench.initialize()
    bench.claim()
    suspect_silent(bench.conn, Silence(NOW + 1, NOW + 100_000), now_ms=NOW + 100_000)
    bench.start(job)
    assert bench.event_types().count("compute_node_heard") == 1
    bench.end(job)
    assert bench.event_types().count("compute_node_heard") == 1
    assert suspect_silent(bench.conn, Silence(NOW + 1, NOW + 100_000), now_ms=NOW + 100_000) == [
        bench.node_id
    ]


def hear(bench, hostname, boot_id, heard):
    return bench.add_node(hostname=hostname, boot_id=boot_id, last_seen_at=heard)


def test_a_runner_is_lost_at_once_when_its_machine_was_started_again(bench):
    job = bench.add("job")
    bench.initialize()
    gone = hear(bench, "n1", "one", NOW)
    bench.claim(node_id=gone, seq=1)
    bench.turn(node_id=gone, seq=2, boot_id="one")
    start = JobStart(job_id=job, token=bench.tokens[job], start_time=utc_text(NOW))
    bench.turn(node_id=gone, seq=3, starts=[start])
    later = hear(bench, "n1", "two", NOW + 60_000)
    assert lose_rebooted(bench.conn, Silence(NOW, NOW + 60_000), now_ms=NOW + 60_000) == []
    assert lose_rebooted(bench.conn, Silence(NOW + 1, NOW + 60_000), now_ms=NOW + 60_000) == [gone]
    assert bench.statuses() == {"job": "ready"}
    [reason] = [data["reason"] for kind, data in bench.events() if kind == "compute_node_stopped"]
    assert reason == "its machine was started again"
    assert lose_rebooted(bench.conn, Silence(LATER, LATER), now_ms=LATER) == []
    assert bench.claim(node_id=later, seq=1).jobs[0].job.id == job


@pytest.mark.parametrize(
    ("hostname", "boot_id", "heard"),
    [
        ("other", "two", NOW + 60_000),
        ("n1", "one", NOW + 60_000),
        ("n1", None, NOW + 60_000),
        ("n1", "before", NOW - 60_000),
        ("n1", "two", None),
    ],
)
def test_other_machines_and_runs_of_before_say_nothing_of_a_runner(bench, hostname, boot_id, heard):
    silent = hear(bench, "n1", "one", NOW)
    hear(bench, hostname, boot_id, heard)
    assert silent not in lose_rebooted(
        bench.conn, Silence(NOW + 1, NOW + 60_000), now_ms=NOW + 60_000
    )


def test_a_runner_that_says_no_boot_is_judged_by_its_lease_alone(bench):
    silent = hear(bench, "n1", None, NOW)
    hear(bench, "n1", "two", NOW + 60_000)
    assert silent not in lose_rebooted(
        bench.conn, Silence(NOW + 1, NOW + 60_000), now_ms=NOW + 60_000
    )


def test_a_lease_is_not_over_before_its_time(bench):
    bench.add("held")
    bench.initialize()
    bench.claim()
    assert expire_leases(bench.conn, Silence(NOW, LATER), now_ms=LATER) == []
    assert expire_leases(bench.conn, Silence(NOW + 1, LATER), now_ms=LATER) == [bench.node_id]


def test_a_runner_that_comes_back_in_time_may_report_its_ends(bench):
    job = bench.add("job")
    bench.initialize()
    bench.claim()
    expire(bench)
    assert bench.end(job) == ["ok"]
    assert bench.end(job) == ["duplicate"]
    assert bench.statuses() == {"job": "completed"}


def test_a_runner_that_comes_back_too_late_is_fenced(bench):
    job = bench.add("job")
    bench.initialize()
    bench.claim()
    expire(bench)
    bench.claim(node_id=bench.add_node(), seq=1)
    assert bench.end(job, token=1) == ["fenced"]
    assert bench.statuses() == {"job": "pending"}


def test_an_end_from_before_another_claim_is_fenced_even_if_that_came_to_nothing(bench):
    job = bench.add("job")
    bench.initialize()
    bench.claim()
    expire(bench)
    bench.claim(node_id=(other := bench.add_node()), seq=1)
    bench.turn(node_id=other, seq=2, releases=[JobRelease(job_id=job, token=2)])
    assert bench.end(job, token=1) == ["fenced"]
    assert bench.statuses() == {"job": "ready"}


def test_a_silent_runner_loses_only_what_it_holds_itself(bench):
    job = bench.add("job")
    bench.initialize()
    bench.claim()
    bench.start(job)
    reset_job_status(bench.conn, bench.workflow_id, now_ms=NOW)
    bench.initialize()
    other = bench.add_node()
    bench.claim(node_id=other, seq=1)
    bench.conn.execute(
        tables.compute_node.update()
        .where(tables.compute_node.c.id == other)
        .values(last_seen_at=LATER)
    )
    assert expire(bench) == [bench.node_id]
    assert bench.statuses() == {"job": "pending"}


def test_runners_that_speak_and_clients_that_never_do_keep_their_jobs(bench):
    bench.add("job")
    bench.add("other")
    bench.initialize()
    bench.claim(1)
    claim_next_jobs(bench.conn, bench.workflow_id, now_ms=NOW)
    bench.conn.execute(tables.compute_node.update().values(last_seen_at=LATER - 1000))
    bench.add_node()
    assert expire(bench) == []
    assert set(bench.statuses().values()) == {"pending"}


def test_a_cancelled_job_of_a_silent_runner_stays_cancelled(bench):
    bench.add("job")
    bench.initialize()
    bench.claim()
    cancel_workflow(bench.conn, bench.workflow_id, now_ms=NOW)
    assert expire(bench) == [bench.node_id]
    assert bench.statuses() == {"job": JobStatus.CANCELED.value}


def test_an_end_from_before_a_reset_does_not_end_the_job_after_it(bench):
    job = bench.add("job")
    bench.initialize()
    bench.claim()
    bench.start(job)
    reset_job_status(bench.conn, bench.workflow_id, now_ms=NOW)
    bench.initialize()
    expire(bench)
    assert bench.end(job) == ["illegal"]
    assert bench.statuses() == {"job": "ready"}


def watch_at(monotonic_s, wall_ms):
    return LeaseClock(monotonic_s, wall_ms - monotonic_s * 1000)


def test_judging_begins_a_whole_lease_after_the_start():
    watch = watch_at(10.0, NOW)
    assert watch.silence(10.0 + LOST_S - 1, NOW + 299_000, LOST_S) is None
    assert watch.silence(10.0 + LOST_S, NOW + 300_000, LOST_S) == Silence(NOW, NOW + 300_000)


def test_a_clock_that_is_set_begins_a_new_lease():
    watch = watch_at(0.0, NOW)
    for step in (HOUR_MS, -HOUR_MS, 24 * HOUR_MS):
        begin = watch.monotonic_s + 1000
        wall_ms = int(watch.offset_ms + begin * 1000) + step
        assert watch.silence(begin, wall_ms, LOST_S) is None
        later_ms = wall_ms + 300_000
        assert watch.silence(begin + LOST_S, later_ms, LOST_S) == Silence(wall_ms, later_ms)


def test_a_heartbeat_from_before_the_clock_was_set_back_counts_as_of_now(bench):
    bench.add("job")
    bench.initialize()
    bench.claim()
    back_ms = NOW - 48 * HOUR_MS
    heard_by_now(bench.conn, back_ms)
    assert expire_leases(bench.conn, Silence(back_ms, back_ms + 300_000), now_ms=NOW) == []
    silence = Silence(back_ms + 1, back_ms + 300_000)
    assert expire_leases(bench.conn, silence, now_ms=NOW) == [bench.node_id]
    (stopped,) = (data for kind, data in bench.events() if kind == "compute_node_stopped")
    assert stopped["reason"] == "nothing heard for 300 seconds"
    assert bench.statuses() == {"job": "ready"}
