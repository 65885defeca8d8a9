"""Records that only the 0.35 generation knows, or knows more of."""

from __future__ import annotations

from typing import Any

from cases.world import World, case, refused


@case
def create_slurm_stats(world: World) -> None:
    stats = _stats(world, world.job(), max_rss_bytes=2**40, ave_cpu_seconds=1.5, node_list="n[1-3]")
    assert (stats.max_rss_bytes, stats.ave_cpu_seconds, stats.node_list) == (2**40, 1.5, "n[1-3]")


@case
def list_slurm_stats(world: World) -> None:
    jobs = [world.job(name) for name in "ab"]
    first, second = (_stats(world, job, slurm_job_id="7") for job in jobs)
    assert world.api.list_slurm_stats(world.id).items == [first, second]
    found = world.api.list_slurm_stats(world.id, job_id=jobs[1].id, run_id=1, attempt_id=1)
    assert found.items == [second]
    assert world.api.list_slurm_stats(world.id, offset=1, limit=1).items == [second]


def _stats(world: World, job: Any, **fields: Any) -> Any:
    stats = world.model("SlurmStatsModel", job_id=job.id, run_id=1, attempt_id=1, **fields)
    return world.api.create_slurm_stats(stats)


@case
def get_slurm_job_correlations(world: World) -> None:
    job, node = world.running_job()
    world.api.complete_job(job.id, "completed", world.run_id, world.result(job, node))
    node.scheduler = {"type": "slurm", "slurm_job_id": 123}
    world.api.update_compute_node(node.id, node)
    page = world.api.get_slurm_job_correlations(world.id, offset=0, limit=10)
    (pair,) = page.items
    assert (pair.job_id, pair.job_name, pair.slurm_job_id) == (job.id, "j", "123")
    assert (page.count, page.total_count, page.has_more) == (1, 1, False)


def _entity(world: World, name: str = "e", **fields: Any) -> Any:
    stated = {"entity_type": "File", "metadata": {"name": "n", "author": [None]}} | fields
    entity = world.model("RoCrateEntityModel", entity_id=name, **stated)
    return world.api.create_ro_crate_entity(entity)


@case
def create_ro_crate_entity(world: World) -> None:
    file = world.file("f")
    made = _entity(world, file_id=file.id)
    assert (made.entity_id, made.entity_type, made.file_id) == ("e", "File", file.id)
    assert made.metadata == {"name": "n", "author": [None]}


@case
def get_ro_crate_entity(world: World) -> None:
    made = _entity(world)
    assert world.api.get_ro_crate_entity(made.id) == made


@case
def list_ro_crate_entities(world: World) -> None:
    file = world.file("f")
    first, second = _entity(world, "a", file_id=file.id), _entity(world, "b")
    listed = world.api.list_ro_crate_entities
    assert listed(world.id, sort_by="entity_id", reverse_sort=True).items == [second, first]
    assert listed(world.id, file_id=file.id).items == [first]
    assert listed(world.id, entity_id="b").items == [second]
    assert listed(world.id, offset=1, limit=1).items == [second]


@case
def update_ro_crate_entity(world: World) -> None:
    made = _entity(world)
    made.metadata = {"@id": "#ann"}
    assert world.api.update_ro_crate_entity(made.id, made) == made
    assert world.api.get_ro_crate_entity(made.id) == made


@case
def delete_ro_crate_entity(world: World) -> None:
    made = _entity(world)
    assert world.api.delete_ro_crate_entity(made.id).message
    assert refused(lambda: world.api.get_ro_crate_entity(made.id)).status == 404


@case
def delete_ro_crate_entities(world: World) -> None:
    made = [_entity(world, name) for name in "abc"]
    reply = world.api.delete_ro_crate_entities(world.id)
    assert (reply.deleted_count, bool(reply.message)) == (len(made), True)
    assert world.api.list_ro_crate_entities(world.id).items == []


@case
def list_results(world: World) -> None:
    job, node = world.running_job()
    world.api.complete_job(job.id, "completed", world.run_id, world.result(job, node))
    assert [one.job_name for one in world.api.list_results(world.id).items] == ["j"]


@case
def create_files(world: World) -> None:
    files = [world.model("FileModel", name=f"f{n}", path=f"/{n}") for n in range(3)]
    made = world.api.create_files(world.models.FilesModel(files=files)).files
    assert [file.path for file in made] == ["/0", "/1", "/2"]
    assert world.api.list_files(world.id).items == made


@case
def create_user_data_list(world: World) -> None:
    values = [{"a": 1}, [1, 2], "text", None]
    rows = [world.model("UserDataModel", name=f"d{n}", data=v) for n, v in enumerate(values)]
    request = world.models.UserDataListModel(user_data=rows)
    made = world.api.create_user_data_list(request).user_data
    assert [one.data for one in made] == values
    assert [one.data for one in world.api.list_user_data(world.id).items] == values


@case
def create_user_data(world: World) -> None:
    """Any JSON value, not only objects."""
    for value in ([1, {"a": None}], "text", 3, 1.5, True):
        made = world.user_data("d", data=value)
        assert made.data == value
        assert world.api.get_user_data(made.id).data == value


@case
def update_event(world: World) -> None:
    event = world.api.create_event(world.model("EventModel", timestamp=0, data={"a": 1}))
    assert world.api.update_event(event.id, ["anything"]).data == ["anything"]
