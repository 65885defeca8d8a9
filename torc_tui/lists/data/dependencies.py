"""The lists of what depends on what: jobs on jobs, and jobs on files and user data."""

from __future__ import annotations

from operator import attrgetter

from torc_tui.lists.listing import Column, Listing


def _id_and_name(title: str, of: str) -> tuple[Column, Column]:
    """Return the columns of one side of a dependency."""
    return (
        Column(f"{title} ID", attrgetter(f"{of}_id"), is_number=True),
        Column(title, attrgetter(f"{of}_name"), max_width=32),
    )


_PRODUCER_AND_CONSUMER = (
    *_id_and_name("Producer", "producer_job"),
    *_id_and_name("Consumer", "consumer_job"),
)

JOB_DEPENDENCIES = Listing(
    name="Job dependencies",
    columns=(*_id_and_name("Job", "job"), *_id_and_name("Depends on", "depends_on_job")),
    page=lambda client, workflow_id, **query: client.list_job_dependencies(workflow_id, **query),
    key=attrgetter("job_id", "depends_on_job_id"),
)
JOB_FILES = Listing(
    name="Job files",
    columns=(
        *_id_and_name("File", "file"),
        *_PRODUCER_AND_CONSUMER,
        Column("Path", attrgetter("file_path"), max_width=200),
    ),
    page=lambda client, workflow_id, **query: client.list_job_file_relationships(
        workflow_id, **query
    ),
    key=attrgetter("file_id", "producer_job_id", "consumer_job_id"),
)
JOB_USER_DATA = Listing(
    name="Job user data",
    columns=(*_id_and_name("User data", "user_data"), *_PRODUCER_AND_CONSUMER),
    page=lambda client, workflow_id, **query: client.list_job_user_data_relationships(
        workflow_id, **query
    ),
    key=attrgetter("user_data_id", "producer_job_id", "consumer_job_id"),
)
