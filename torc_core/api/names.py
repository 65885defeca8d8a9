"""What `torc_core.api` offers."""

from __future__ import annotations

from torc_core.api.connection import make_api
from torc_core.api.logs import setup_logging
from torc_core.api.map_functions import map_function_to_jobs
from torc_core.client import TorcClient as DefaultApi
from torc_core.client import every_item
from torc_core.errors import TorcError
from torc_core.model.action import WorkflowAction as WorkflowActionModel
from torc_core.model.artifact import File as FileModel
from torc_core.model.artifact import FilePatch, UserDataPatch
from torc_core.model.artifact import UserData as UserDataModel
from torc_core.model.job import Job as JobModel
from torc_core.model.job import JobPatch
from torc_core.model.resources import FailureHandler as FailureHandlerModel
from torc_core.model.resources import LocalScheduler as LocalSchedulerModel
from torc_core.model.resources import ResourceRequirements as ResourceRequirementsModel
from torc_core.model.resources import ResourceRequirementsPatch
from torc_core.model.resources import SlurmScheduler as SlurmSchedulerModel
from torc_core.model.status import JobStatus
from torc_core.model.workflow import Workflow as WorkflowModel
from torc_core.model.workflow import WorkflowPatch

__all__ = [
    "DefaultApi",
    "FailureHandlerModel",
    "FileModel",
    "FilePatch",
    "JobModel",
    "JobPatch",
    "JobStatus",
    "LocalSchedulerModel",
    "ResourceRequirementsModel",
    "ResourceRequirementsPatch",
    "SlurmSchedulerModel",
    "TorcError",
    "UserDataModel",
    "UserDataPatch",
    "WorkflowActionModel",
    "WorkflowModel",
    "WorkflowPatch",
    "every_item",
    "make_api",
    "map_function_to_jobs",
    "setup_logging",
]
