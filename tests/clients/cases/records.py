"""The plain records of a workflow: create, get, list, change, delete one, delete all."""

from __future__ import annotations

import inspect
from typing import Any

from cases.kinds import KINDS, Kind
from cases.world import CASES, World, case, counted, refused


def _values(record: Any, names: dict[str, Any]) -> dict[str, Any]:
    values = record.to_dict()
    return {name: values.get(name) for name in names}


def _create(kind: Kind, world: World) -> None:
    record = kind.create(world, kind.fields)
    assert record.id > 0
    assert record.workflow_id == world.id
    kept = {name for name in kind.fields if name != "timestamp"}
    assert _values(record, kept) == {name: kind.fields[name] for name in kept}


def _get(kind: Kind, world: World) -> None:
    record = kind.create(world, kind.fields)
    assert getattr(world.api, f"get_{kind.one}")(record.id) == record


def _update(kind: Kind, world: World) -> None:
    record = kind.create(world, kind.fields)
    update = getattr(world.api, f"update_{kind.one}")
    wanted = record.model_copy(update=kind.change)
    changed = update(record.id, wanted)
    assert changed == wanted
    assert getattr(world.api, f"get_{kind.one}")(record.id) == wanted


def _delete(kind: Kind, world: World) -> None:
    record = kind.create(world, kind.fields)
    delete = getattr(world.api, kind.remove or f"delete_{kind.one}")
    assert delete(record.id) == record
    assert refused(lambda: delete(record.id)).status == 404


def _list(kind: Kind, world: World) -> None:
    one, other = kind.create(world, kind.fields), kind.create(world, kind.others)
    find = getattr(world.api, f"list_{kind.many}")
    ids = [record.id for record in find(world.id).items]
    assert {one.id, other.id} <= set(ids)
    assert ids == sorted(ids)

    last = find(world.id, sort_by="id", reverse_sort=True, limit=1)
    assert [record.id for record in last.items] == [max(ids)]
    assert (last.offset, last.count, last.total_count) == (0, 1, len(ids))
    assert last.has_more
    assert find(world.id, limit=100_000).max_limit == 10_000
    rest = find(world.id, offset=1)
    assert (rest.count, rest.total_count, rest.has_more) == (len(ids) - 1, len(ids), False)

    wanted = kind.fields | kind.filters
    for name in inspect.signature(find).parameters:
        if wanted.get(name) is not None:
            found = find(world.id, **{name: wanted[name]}).items
            assert one.id in {record.id for record in found}, name
            assert name == "all_runs" or other.id not in {record.id for record in found}, name
    assert one in find(world.id).items


def _delete_all(kind: Kind, world: World) -> None:
    kind.create(world, kind.fields)
    kind.create(world, kind.others)
    find = getattr(world.api, f"list_{kind.many}")
    before = find(world.id).total_count
    deleted = counted(getattr(world.api, kind.remove_all or f"delete_{kind.many}")(world.id))
    assert deleted >= 2
    assert find(world.id).total_count == before - deleted


for _kind in KINDS:
    for _name, _check in {
        f"create_{_kind.one}": _create,
        f"get_{_kind.one}": _get,
        f"update_{_kind.one}": _update,
        _kind.remove or f"delete_{_kind.one}": _delete,
        f"list_{_kind.many}": _list,
        _kind.remove_all or f"delete_{_kind.many}": _delete_all,
    }.items():
        CASES[_name].append(lambda world, check=_check, kind=_kind: check(kind, world))


@case
def create_user_data(world: World) -> None:
    writer, reader = world.job("writer"), world.job("reader")
    record = world.model("UserDataModel", name="d")
    made = world.api.create_user_data(record, producer_job_id=writer.id, consumer_job_id=reader.id)
    assert world.api.get_job(writer.id).output_user_data_ids == [made.id]
    assert world.api.get_job(reader.id).input_user_data_ids == [made.id]


@case
def list_user_data(world: World) -> None:
    made = world.user_data("a_1")
    world.user_data("ab1")
    job = world.job("writer", output_user_data_ids=[made.id])
    reader = world.job("reader", input_user_data_ids=[made.id])

    def names(**wanted: Any) -> list[str]:
        return [found.name for found in world.api.list_user_data(world.id, **wanted).items]

    assert names(producer_job_id=job.id) == names(consumer_job_id=reader.id) == ["a_1"]
    assert names(name="a%") == ["a_1", "ab1"]
    assert names(name="a") == []


@case
def list_files(world: World) -> None:
    made, read = world.file("made"), world.file("read")
    job = world.job(output_file_ids=[made.id], input_file_ids=[read.id])

    def names(**wanted: Any) -> list[str]:
        return [found.name for found in world.api.list_files(world.id, **wanted).items]

    assert names(produced_by_job_id=job.id) == names(is_output=True) == ["made"]
    assert names(is_output=False) == ["read"]


@case
def list_events(world: World) -> None:
    world.api.create_event(world.model("EventModel", timestamp=0, data={"n": 1}))
    newest = max(event.timestamp for event in world.api.list_events(world.id).items)
    assert world.api.list_events(world.id, after_timestamp=newest).items == []
    assert world.api.list_events(world.id, after_timestamp=newest - 1).items != []


@case
def list_resource_requirements(world: World) -> None:
    job = world.job()
    found = world.api.list_resource_requirements(world.id, job_id=job.id).items
    assert [(one.name, one.num_cpus, one.memory) for one in found] == [("default", 1, "1m")]


@case
def list_results(world: World) -> None:
    job, node = world.running_job()
    world.api.complete_job(job.id, "completed", world.run_id, world.result(job, node))
    for wanted in (
        {"job_id": job.id},
        {"run_id": world.run_id},
        {"compute_node_id": node.id},
        {"status": "completed"},
        {"return_code": 0},
    ):
        assert [one.job_id for one in world.api.list_results(world.id, **wanted).items] == [job.id]
    assert world.api.list_results(world.id, return_code=1).items == []


@case
def create_resource_requirements(world: World) -> None:
    wrong = world.model("ResourceRequirementsModel", name="r", memory="8 gigs")
    refusal = refused(lambda: world.api.create_resource_requirements(wrong))
    assert (refusal.status, "8 gigs" in refusal.body) == (422, True)
