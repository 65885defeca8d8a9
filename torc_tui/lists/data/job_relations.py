"""The lists of jobs with what they need, and with the rules for their failures."""

from __future__ import annotations

from operator import attrgetter

from torc_tui.lists.listing import Column
from torc_tui.lists.resources.failure_handlers import rules_in_words

_JOB = (Column("Job", attrgetter("job_id"), is_number=True), Column("Name", attrgetter("job_name")))

JOB_REQUIREMENTS = (
    *_JOB,
    Column("RR ID", attrgetter("rr_id"), is_number=True),
    Column("Requirements", attrgetter("rr_name")),
    Column("CPUs", attrgetter("num_cpus"), is_number=True),
    Column("GPUs", attrgetter("num_gpus"), is_number=True),
    Column("Nodes", attrgetter("num_nodes"), is_number=True),
    Column("Memory", attrgetter("memory"), is_number=True),
    Column("Runtime", attrgetter("runtime")),
)
JOB_FAILURE_HANDLERS = (
    *_JOB,
    Column("Handler ID", attrgetter("failure_handler_id"), is_number=True),
    Column("Handler", attrgetter("failure_handler_name")),
    Column("Rules", rules_in_words),
)
