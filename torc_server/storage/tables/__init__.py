"""The tables, one group per module, and their Core form for hot paths.

Row classes declare columns, keys and indices and nothing else. They never leave the server.
"""

from __future__ import annotations

from torc_server.storage.tables.access import (
    AccessGroupRow,
    UserGroupMembershipRow,
    WorkflowAccessGroupRow,
)
from torc_server.storage.tables.answer import AnsweredRequestRow
from torc_server.storage.tables.artifact import (
    FileRow,
    JobInputFileRow,
    JobInputUserDataRow,
    JobOutputFileRow,
    JobOutputUserDataRow,
    RoCrateEntityRow,
    UserDataRow,
)
from torc_server.storage.tables.columns import table_of
from torc_server.storage.tables.compute import (
    ActionExecutionRow,
    ComputeNodeRow,
    RemoteWorkerRow,
    ScheduledComputeNodeRow,
    WorkflowActionJobRow,
    WorkflowActionRow,
)
from torc_server.storage.tables.event import EventRow
from torc_server.storage.tables.job import (
    AttemptRow,
    DependencySetMemberRow,
    DependencySetRow,
    JobGroupRow,
    JobRow,
)
from torc_server.storage.tables.recovery import RecoveryRow
from torc_server.storage.tables.resources import (
    FailureHandlerRow,
    LocalSchedulerRow,
    ResourceRequirementsRow,
    SlurmSchedulerRow,
)
from torc_server.storage.tables.result import LatestResultRow, ResultRow, SlurmStatsRow
from torc_server.storage.tables.run import WorkflowRunRow
from torc_server.storage.tables.task import TaskRow
from torc_server.storage.tables.unfinished import UnfinishedWorkRow
from torc_server.storage.tables.workflow import WorkflowRow

access_group = table_of(AccessGroupRow)
answered_request = table_of(AnsweredRequestRow)
attempt = table_of(AttemptRow)
action_execution = table_of(ActionExecutionRow)
compute_node = table_of(ComputeNodeRow)
dependency_set = table_of(DependencySetRow)
dependency_set_member = table_of(DependencySetMemberRow)
event = table_of(EventRow)
failure_handler = table_of(FailureHandlerRow)
file = table_of(FileRow)
job = table_of(JobRow)
job_group = table_of(JobGroupRow)
job_input_file = table_of(JobInputFileRow)
job_input_user_data = table_of(JobInputUserDataRow)
job_output_file = table_of(JobOutputFileRow)
job_output_user_data = table_of(JobOutputUserDataRow)
latest_result = table_of(LatestResultRow)
local_scheduler = table_of(LocalSchedulerRow)
recovery = table_of(RecoveryRow)
remote_worker = table_of(RemoteWorkerRow)
resource_requirements = table_of(ResourceRequirementsRow)
result = table_of(ResultRow)
ro_crate_entity = table_of(RoCrateEntityRow)
scheduled_compute_node = table_of(ScheduledComputeNodeRow)
slurm_scheduler = table_of(SlurmSchedulerRow)
slurm_stats = table_of(SlurmStatsRow)
task = table_of(TaskRow)
unfinished_work = table_of(UnfinishedWorkRow)
user_data = table_of(UserDataRow)
user_group_membership = table_of(UserGroupMembershipRow)
workflow = table_of(WorkflowRow)
workflow_access_group = table_of(WorkflowAccessGroupRow)
workflow_action = table_of(WorkflowActionRow)
workflow_action_job = table_of(WorkflowActionJobRow)
workflow_run = table_of(WorkflowRunRow)
