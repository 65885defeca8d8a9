"""Jobs: requests about them, and their states."""

from __future__ import annotations

from cases.world import World, case, case_of, counted, refused, text


@case
def create_job(world: World) -> None:
    first, made, read = world.job("first"), world.file("made"), world.file("read")
    job = world.job(
        "second",
        depends_on_job_ids=[first.id],
        input_file_ids=[read.id],
        output_file_ids=[made.id],
        invocation_script="run.sh",
        supports_termination=True,
    )
    assert (job.name, job.command, text(job.status)) == ("second", "true", "uninitialized")
    assert (job.depends_on_job_ids, job.input_file_ids) == ([first.id], [read.id])
    assert (job.output_file_ids, job.invocation_script) == ([made.id], "run.sh")
    assert (job.supports_termination, job.cancel_on_blocking_job_failure) == (True, True)
    assert (job.attempt_id, job.scheduler_id) == (1, None)


@case
def create_jobs(world: World) -> None:
    jobs = [world.model("JobModel", name=f"j{n}", command=f"echo {n}") for n in range(100)]
    made = world.api.create_jobs(world.models.JobsModel(jobs=jobs)).jobs
    assert [job.name for job in made] == [job.name for job in jobs]
    assert len({job.id for job in made}) == 100


@case
def get_job(world: World) -> None:
    first = world.job("first")
    second = world.job("second", depends_on_job_ids=[first.id])
    job = world.api.get_job(second.id)
    assert (job.id, job.workflow_id, job.name) == (second.id, world.id, "second")
    assert (job.depends_on_job_ids, text(job.status)) == ([first.id], "uninitialized")
    assert refused(lambda: world.api.get_job(10**9)).status == 404


@case
def update_job(world: World) -> None:
    job = world.job()
    job.command = "false"
    assert world.api.update_job(job.id, job).command == "false"
    assert world.api.get_job(job.id).command == "false"


@case_of("update_job")
def a_job_of_a_list_keeps_what_the_list_left_out(world: World) -> None:
    first, read = world.job("first"), world.file("read")
    made = world.job("second", depends_on_job_ids=[first.id], input_file_ids=[read.id])
    listed = next(job for job in world.api.list_jobs(world.id).items if job.name == "second")
    listed.command = "false"
    world.api.update_job(listed.id, listed)
    job = world.api.get_job(made.id)
    assert (job.command, job.depends_on_job_ids, job.input_file_ids) == (
        "false",
        [first.id],
        [read.id],
    )


@case
def delete_job(world: World) -> None:
    job = world.job()
    assert world.api.delete_job(job.id).id == job.id
    assert world.api.list_jobs(world.id).items == []


@case
def delete_jobs(world: World) -> None:
    world.job("a")
    world.job("b")
    assert counted(world.api.delete_jobs(world.id)) == 2
    assert world.api.list_jobs(world.id).items == []


@case
def list_jobs(world: World) -> None:
    file = world.file("f")
    first = world.job("first", output_file_ids=[file.id])
    world.job("second", input_file_ids=[file.id], depends_on_job_ids=[first.id])
    world.api.initialize_jobs(world.id)

    def names(**wanted: object) -> list[str]:
        return [job.name for job in world.api.list_jobs(world.id, **wanted).items]

    assert names() == ["first", "second"]
    assert names(sort_by="name", reverse_sort=True) == ["second", "first"]
    assert names(limit=1, offset=1) == ["second"]
    assert names(status="ready") == ["first"]
    assert names(needs_file_id=file.id) == names(upstream_job_id=first.id) == ["second"]
    plain, related = (
        world.api.list_jobs(world.id, include_relationships=include).items[1]
        for include in (False, True)
    )
    assert plain.depends_on_job_ids is None
    assert (related.depends_on_job_ids, related.input_file_ids) == ([first.id], [file.id])
    node = world.node()
    assert names(active_compute_node_id=node.id) == []
    world.api.claim_next_jobs(world.id)
    world.api.start_job(first.id, world.run_id, node.id)
    assert names(active_compute_node_id=node.id) == ["first"]


@case
def start_job(world: World) -> None:
    job, node = world.ready_job(), world.node()
    world.api.claim_next_jobs(world.id)
    assert text(world.api.start_job(job.id, world.run_id, node.id).status) == "running"
    assert world.status_of(job) == "running"


@case
def complete_job(world: World) -> None:
    job, node = world.running_job()
    result = world.result(job, node, return_code=3, status="failed", avg_cpu_percent=12.5)
    assert text(world.api.complete_job(job.id, "failed", world.run_id, result).status) == "failed"
    (kept,) = world.api.list_results(world.id).items
    assert (kept.return_code, text(kept.status), kept.attempt_id) == (3, "failed", 1)
    assert (kept.exec_time_minutes, kept.avg_cpu_percent) == (0.5, 12.5)
    other = world.result(job, node)
    again = refused(lambda: world.api.complete_job(job.id, "completed", world.run_id, other))
    assert again.status == 422


@case
def manage_status_change(world: World) -> None:
    job = world.ready_job()
    for status in ("pending", "ready"):
        changed = world.api.manage_status_change(job.id, status, world.run_id)
        assert text(changed.status) == status
        assert world.status_of(job) == status


@case
def list_job_ids(world: World) -> None:
    ids = [world.job(name).id for name in "abc"]
    found = world.api.list_job_ids(world.id)
    assert (sorted(found.job_ids), found.count) == (ids, 3)


@case
def list_job_dependencies(world: World) -> None:
    first = world.job("first")
    second = world.job("second", depends_on_job_ids=[first.id])
    page = world.api.list_job_dependencies(world.id, offset=0, limit=10)
    (edge,) = page.items
    assert (edge.job_id, edge.job_name, edge.workflow_id) == (second.id, "second", world.id)
    assert (edge.depends_on_job_id, edge.depends_on_job_name) == (first.id, "first")
    assert (page.count, page.total_count, page.has_more) == (1, 1, False)


@case
def list_job_file_relationships(world: World) -> None:
    made, given = world.file("made"), world.file("given")
    writer = world.job("writer", output_file_ids=[made.id])
    reader = world.job("reader", input_file_ids=[made.id, given.id])
    rows = world.api.list_job_file_relationships(world.id, limit=10).items
    found = {row.file_name: (row.producer_job_id, row.consumer_job_id) for row in rows}
    assert found == {"made": (writer.id, reader.id), "given": (None, reader.id)}
    assert {row.file_path for row in rows} == {"/made", "/given"}


@case
def list_job_user_data_relationships(world: World) -> None:
    data = world.user_data("d")
    writer = world.job("writer", output_user_data_ids=[data.id])
    reader = world.job("reader", input_user_data_ids=[data.id])
    (row,) = world.api.list_job_user_data_relationships(world.id, limit=10).items
    assert (row.user_data_id, row.user_data_name) == (data.id, "d")
    assert (row.producer_job_name, row.consumer_job_name) == ("writer", "reader")
    assert (row.producer_job_id, row.consumer_job_id) == (writer.id, reader.id)


@case
def claim_next_jobs(world: World) -> None:
    for name in "abc":
        world.job(name)
    world.api.initialize_jobs(world.id)
    claimed = world.api.claim_next_jobs(world.id, limit=2).jobs
    assert [text(job.status) for job in claimed] == ["pending", "pending"]
    assert len(world.api.claim_next_jobs(world.id).jobs) == 1
    assert world.api.claim_next_jobs(world.id).jobs == []


@case
def claim_jobs_based_on_resources(world: World) -> None:
    large = world.api.create_resource_requirements(
        world.model("ResourceRequirementsModel", name="large", num_cpus=4, memory="4g")
    )
    world.job("large", resource_requirements_id=large.id)
    small = world.job("small")
    world.api.initialize_jobs(world.id)

    def claim(**free: object) -> object:
        resources = {"num_cpus": 2, "memory_gb": 1.0, "num_gpus": 0, "num_nodes": 1}
        wanted = world.models.ComputeNodesResources(**(resources | free))
        return world.api.claim_jobs_based_on_resources(
            world.id, 10, wanted, strict_scheduler_match=False
        )

    assert [(job.id, text(job.status)) for job in claim().jobs] == [(small.id, "pending")]
    nothing = claim()
    assert nothing.jobs == []
    assert "large" in nothing.reason or "CPU" in nothing.reason
    assert [job.name for job in claim(num_cpus=8, memory_gb=8.5).jobs] == ["large"]


@case
def get_ready_job_requirements(world: World) -> None:
    wanted = world.api.create_resource_requirements(
        world.model("ResourceRequirementsModel", name="r", num_cpus=3, memory="2g", runtime="PT30M")
    )
    for name in "ab":
        world.job(name, resource_requirements_id=wanted.id)
    world.api.initialize_jobs(world.id)
    needed = world.api.get_ready_job_requirements(world.id)
    assert (needed.num_jobs, needed.num_cpus, needed.num_gpus) == (2, 6, 0)
    assert (needed.memory_gb, needed.max_num_nodes, needed.max_runtime) == (4, 1, "PT1800S")
