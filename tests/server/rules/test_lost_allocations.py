"""The record of an allocation follows its runners when they are lost, and when they are back."""

from __future__ import annotations

import pytest
from server.rules.bench import NOW
from sqlalchemy import insert

from torc_core.model.resources import SlurmScheduler
from torc_server.records import crud
from torc_server.records.resources import SLURM_SCHEDULER
from torc_server.rules.attempts.lost.leases import Silence, expire_leases
from torc_server.storage import tables

LATER = NOW + 400_000


@pytest.fixture
def request_allocation(bench):
    scheduler = SlurmScheduler(
        workflow_id=bench.workflow_id, name="s", account="a", nodes=1, walltime="01:00:00"
    )
    config = crud.create(bench.conn, SLURM_SCHEDULER, scheduler, now_ms=NOW)

    def request(number, status="active"):
        values = {
            "workflow_id": bench.workflow_id,
            "scheduler_id": number,
            "scheduler_config_id": config.id,
            "scheduler_type": "slurm",
            "status": status,
        }
        statement = insert(tables.scheduled_compute_node).values(values)
        return bench.conn.execute(statement).inserted_primary_key[0]

    return request


def worker(bench, record_id, heard=NOW):
    scheduler = {"slurm_job_id": 7, "scheduler_id": record_id}
    values = {"compute_node_type": "slurm", "scheduler": scheduler, "last_seen_at": heard}
    return bench.add_node(**values)


def statuses(bench):
    allocation = tables.scheduled_compute_node
    rows = bench.conn.execute(allocation.select().order_by(allocation.c.id)).all()
    return [row.status for row in rows]


def test_it_is_complete_with_its_last_runner(bench, request_allocation):
    lost, other = request_allocation(7), request_allocation(8)
    first = worker(bench, lost)
    second = worker(bench, lost, heard=NOW + 200_000)
    worker(bench, other, heard=LATER)

    assert first in expire_leases(bench.conn, Silence(NOW + 1, LATER), now_ms=LATER)
    assert statuses(bench) == ["active", "active"]
    assert expire_leases(bench.conn, Silence(NOW + 300_000, LATER), now_ms=LATER) == [second]
    assert statuses(bench) == ["complete", "active"]


def test_it_is_at_work_again_when_its_runner_is_back(bench, request_allocation):
    node = worker(bench, request_allocation(7))
    expire_leases(bench.conn, Silence(NOW + 1, LATER), now_ms=LATER)
    assert statuses(bench) == ["complete"]
    bench.turn(node_id=node, seq=1)
    assert statuses(bench) == ["complete"]
    bench.turn(node_id=node, seq=2, returns=True)
    assert statuses(bench) == ["active"]


@pytest.mark.parametrize("status", ["pending", "complete"])
def test_what_is_not_at_work_stays_as_it_is(bench, request_allocation, status):
    worker(bench, request_allocation(7, status))
    expire_leases(bench.conn, Silence(NOW + 1, LATER), now_ms=LATER)
    assert statuses(bench) == [status]


@pytest.mark.parametrize("scheduler", [None, "text", {"scheduler_id": "x"}, [1], {"other": 1}])
def test_whatever_clients_write_of_their_scheduler_names_no_allocation(
    bench, request_allocation, scheduler
):
    request_allocation(7)
    node = bench.add_node(scheduler=scheduler, last_seen_at=NOW)
    assert node in expire_leases(bench.conn, Silence(NOW + 1, LATER), now_ms=LATER)
    assert statuses(bench) == ["active"]
