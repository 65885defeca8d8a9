"""The CRUD resources of a workflow, and what is particular about each."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import sqlalchemy as sql
from sqlalchemy import Table, exists, or_, select, true
from sqlalchemy.sql import ColumnElement

from torc_core.model.artifact import FilePatch, UserDataPatch
from torc_core.model.compute import ComputeNodePatch, ScheduledComputeNodePatch
from torc_core.model.records.provenance import RoCrateEntityPatch
from torc_core.model.resources import (
    DEFAULT_REQUIREMENTS,
    LocalSchedulerPatch,
    ResourceRequirementsPatch,
    SlurmSchedulerPatch,
)
from torc_core.model.result import ResultPatch
from torc_core.model.status import JobStatus
from torc_server.records import checks, follow_ups
from torc_server.records.crud import Filter, Resource, equals
from torc_server.records.pages import contains
from torc_server.storage import mapping, tables
from torc_server.storage.tables.event import IS_RARE, OF_EACH_JOB

_file, _user_data, _job = tables.file.c, tables.user_data.c, tables.job.c
_node, _result, _event = tables.compute_node.c, tables.result.c, tables.event.c
_CATEGORY = _event.data["category"].as_string()
_HAS_CATEGORY = sql.cast(_event.data, sql.Text).contains('"category"')
"""Few events have one, and to look for the word takes a sixth of the time of reading JSON."""

_attempt, _requirements = tables.attempt.c, tables.resource_requirements.c


def _of_types(
    condition: ColumnElement[bool], is_meant: Callable[[str], bool]
) -> ColumnElement[bool]:
    """Return a condition on types, so that an index is used if none of each job's is meant."""
    if any(map(is_meant, OF_EACH_JOB)):
        return condition
    return sql.and_(sql.text(IS_RARE), condition)


def _linked(table: Table, key: str) -> Filter:
    """Return the filter for files or user data that a job is linked to through a table."""
    owner = next(iter(table.c[key].foreign_keys)).column
    return Filter(
        type=int,
        condition=lambda job: owner.in_(select(table.c[key]).where(table.c.job_id == job)),
    )


FILE = Resource(
    kind="file",
    mapping=mapping.FILE,
    patch=FilePatch,
    filters={
        "name": equals(_file.name),
        "path": equals(_file.path),
        "produced_by_job_id": _linked(tables.job_output_file, "file_id"),
        "consumed_by_job_id": _linked(tables.job_input_file, "file_id"),
        "is_output": Filter(
            type=bool,
            condition=lambda value: (
                exists().where(tables.job_output_file.c.file_id == _file.id) == value
            ),
        ),
    },
)
USER_DATA = Resource(
    kind="user data",
    article="",
    mapping=mapping.USER_DATA,
    patch=UserDataPatch,
    filters={
        "name": Filter(
            type=str,
            condition=_user_data.name.like,
            part=lambda text: contains(_user_data.name, text),
        ),
        "is_ephemeral": equals(_user_data.is_ephemeral),
        "consumer_job_id": _linked(tables.job_input_user_data, "user_data_id"),
        "producer_job_id": _linked(tables.job_output_user_data, "user_data_id"),
    },
)
RO_CRATE_ENTITY = Resource(
    kind="RO-Crate entity",
    article="an",
    mapping=mapping.RO_CRATE_ENTITY,
    patch=RoCrateEntityPatch,
    filters={name: equals(tables.ro_crate_entity.c[name]) for name in ("file_id", "entity_id")},
    related={"file_id": tables.file},
)
RESULT = Resource(
    kind="result",
    mapping=mapping.RESULT,
    patch=ResultPatch,
    filters={
        "job_id": equals(_result.job_id, is_narrow=True),
        "run_id": equals(_result.run_id),
        "return_code": equals(_result.return_code),
        "compute_node_id": equals(_result.compute_node_id),
        "status": Filter(type=JobStatus, condition=lambda status: _result.status == status.number),
        "all_runs": Filter(
            type=bool,
            condition=lambda value: (
                true() if value else exists().where(tables.latest_result.c.result_id == _result.id)
            ),
            default=False,
        ),
    },
    related={"job_id": tables.job, "compute_node_id": tables.compute_node},
    prepare=checks.check_result,
    follow_up=follow_ups.make_latest,
)
SLURM_STATS = Resource(
    kind="Slurm statistics",
    article="",
    mapping=mapping.SLURM_STATS,
    filters={
        name: equals(tables.slurm_stats.c[name]) for name in ("job_id", "run_id", "attempt_id")
    },
    related={"job_id": tables.job},
)
EVENT = Resource(
    kind="event",
    article="an",
    mapping=mapping.EVENT,
    filters={
        "category": Filter(
            type=str,
            condition=lambda category: _of_types(
                or_(_event.event_type == category, _HAS_CATEGORY & (category == _CATEGORY)),
                category.__eq__,
            ),
            part=lambda text: _of_types(
                or_(contains(_event.event_type, text), _HAS_CATEGORY & contains(_CATEGORY, text)),
                lambda name: text.lower() in name,
            ),
        ),
        "text": Filter(
            type=str,
            condition=sql.cast(_event.data, sql.Text).__eq__,
            part=partial(contains, sql.cast(_event.data, sql.Text)),
        ),
        "after_timestamp": Filter(type=int, condition=lambda moment: _event.timestamp > moment),
    },
    prepare=checks.stamp_event,
    follow_up=follow_ups.wake_followers,
)
RESOURCE_REQUIREMENTS = Resource(
    kind="resource requirements",
    article="",
    mapping=mapping.RESOURCE_REQUIREMENTS,
    patch=ResourceRequirementsPatch,
    filters={
        "job_id": Filter(
            type=int,
            condition=lambda job: (
                _requirements.id
                == select(_job.resource_requirements_id).where(_job.id == job).scalar_subquery()
            ),
        ),
        "name": equals(_requirements.name),
        "memory": equals(_requirements.memory),
        "num_cpus": equals(_requirements.num_cpus),
        "num_gpus": equals(_requirements.num_gpus),
        "num_nodes": equals(_requirements.num_nodes),
        "runtime": equals(_requirements.runtime_s),
    },
    prepare=checks.check_requirements,
    follow_up=follow_ups.record_edit,
    in_use=or_(
        _requirements.name == DEFAULT_REQUIREMENTS,
        exists().where(_job.resource_requirements_id == _requirements.id),
    ),
    in_use_because="jobs use them, or they are the default requirements of the workflow",
)
FAILURE_HANDLER = Resource(
    kind="failure handler", mapping=mapping.FAILURE_HANDLER, remark=checks.remark_on_rules
)
LOCAL_SCHEDULER = Resource(
    kind="local scheduler",
    mapping=mapping.LOCAL_SCHEDULER,
    patch=LocalSchedulerPatch,
    filters={name: equals(tables.local_scheduler.c[name]) for name in ("memory", "num_cpus")},
    prepare=checks.check_scheduler,
)
SLURM_SCHEDULER = Resource(
    kind="Slurm scheduler",
    mapping=mapping.SLURM_SCHEDULER,
    patch=SlurmSchedulerPatch,
    filters={
        name: equals(tables.slurm_scheduler.c[name])
        for name in (
            *("name", "account", "gres", "mem", "nodes"),
            *("partition", "qos", "tmp", "walltime"),
        )
    },
    prepare=checks.check_scheduler,
)
COMPUTE_NODE = Resource(
    kind="compute node",
    mapping=mapping.COMPUTE_NODE,
    patch=ComputeNodePatch,
    filters={
        "hostname": equals(_node.hostname),
        "is_active": equals(_node.is_active),
        "scheduled_compute_node_id": Filter(
            type=int,
            # As text: clients may have written anything, which PostgreSQL makes no number.
            condition=lambda number: (
                sql.cast(_node.scheduler["scheduler_id"].as_string(), sql.Text) == str(number)
            ),
        ),
    },
    prepare=checks.check_node,
    follow_up=follow_ups.record_node,
    in_use=or_(
        exists().where(_result.compute_node_id == _node.id),
        exists().where(_job.compute_node_id == _node.id),
        exists().where(_attempt.compute_node_id == _node.id, _attempt.ended_at.is_(None)),
    ),
    in_use_because="results refer to it, or it has claimed jobs",
)
SCHEDULED_COMPUTE_NODE = Resource(
    kind="scheduled compute node",
    mapping=mapping.SCHEDULED_COMPUTE_NODE,
    request_key="request_key",
    patch=ScheduledComputeNodePatch,
    # As the reference has them: texts, also where numbers are stored.
    filters={
        name: Filter(
            type=str,
            condition=sql.cast(column, sql.Text).__eq__,
            part=partial(contains, sql.cast(column, sql.Text)),
        )
        for name, column in tables.scheduled_compute_node.c.items()
        if name in {"scheduler_id", "scheduler_config_id", "status"}
    },
    follow_up=follow_ups.record_allocation,
)
