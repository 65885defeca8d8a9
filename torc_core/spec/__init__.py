"""Workflow files: YAML, JSON, JSON5 and KDL to one checked and expanded structure."""

from torc_core.spec.expanded import (
    ExpandedAction,
    ExpandedFailureHandler,
    ExpandedFile,
    ExpandedJob,
    ExpandedResourceRequirements,
    ExpandedSlurmScheduler,
    ExpandedUserData,
    ExpandedWorkflow,
    JobEntry,
    WorkflowSettings,
)
from torc_core.spec.load import (
    MAX_JOBS,
    SUFFIXES,
    SpecFile,
    load_workflow,
    parse_workflow,
    read_spec,
)

__all__ = [
    "MAX_JOBS",
    "SUFFIXES",
    "ExpandedAction",
    "ExpandedFailureHandler",
    "ExpandedFile",
    "ExpandedJob",
    "ExpandedResourceRequirements",
    "ExpandedSlurmScheduler",
    "ExpandedUserData",
    "ExpandedWorkflow",
    "JobEntry",
    "SpecFile",
    "WorkflowSettings",
    "load_workflow",
    "parse_workflow",
    "read_spec",
]
