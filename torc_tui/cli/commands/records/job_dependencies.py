"""`torc job-dependencies`."""

from __future__ import annotations

from typing import Any

from torc_core.client import every_item
from torc_core.model.page import MAX_LIMIT, Page
from torc_tui.cli.command import group
from torc_tui.cli.options.shared import limits, workflow_argument
from torc_tui.cli.settings import Settings, pass_settings
from torc_tui.lists.data.dependencies import JOB_DEPENDENCIES, JOB_FILES, JOB_USER_DATA
from torc_tui.lists.listing import Listing


@group("job-dependencies")
def job_dependencies() -> None:
    """What jobs wait for: other jobs, files and user data."""


def _add(name: str, listing: Listing, help_: str) -> None:
    @job_dependencies.command(name, help=help_, examples=[f"torc job-dependencies {name} 1"])
    @workflow_argument
    @limits
    @pass_settings
    def show(settings: Settings, /, workflow: str | None, offset: int, limit: int | None) -> None:
        total = 0

        def fetch(*arguments: Any, **query: Any) -> Page[Any]:
            nonlocal total
            page = listing.page(*arguments, **query)
            total = page.total_count
            return page

        def members(count: int) -> dict[str, object]:
            return {
                "offset": offset,
                "max_limit": MAX_LIMIT,
                "count": count,
                "total_count": total,
                "has_more": offset + count < total,
            }

        chosen = settings.choose_workflow(workflow)
        found = every_item(fetch, settings.client, chosen, offset=offset, limit=limit)
        settings.output.envelope(listing.name.lower(), found, listing.printed_columns, members)


_add("job-job", JOB_DEPENDENCIES, "List which jobs of a workflow depend on which.")
_add("job-file", JOB_FILES, "List which jobs of a workflow write and read each file.")
_add(
    "job-user-data",
    JOB_USER_DATA,
    "List which jobs of a workflow write and read each piece of user data.",
)
