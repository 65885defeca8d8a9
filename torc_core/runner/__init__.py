"""The runner: claims jobs of one workflow, runs them here and reports what became of them.

It knows the server only through `TorcClient` and the wire types. Nothing in it waits for a timer
to notice something: it wakes when a process ends, when the server has news, when a deadline falls
due, or on a signal.
"""

from torc_core.runner.execution import execute_run
from torc_core.runner.options import RunnerOptions
from torc_core.runner.runner import Runner
from torc_core.runner.summary import Progress, RunSummary

__all__ = ["Progress", "RunSummary", "Runner", "RunnerOptions", "execute_run"]
