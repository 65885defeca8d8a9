"""Keys of the screen of failures."""

from __future__ import annotations

from functools import partial

from torc_tui.keys.action import Action, Scope

_failures = partial(Action, group="Failures", scope=Scope.FAILURES)

FAILURES: tuple[Action, ...] = (
    _failures("failures.open", "enter", "list jobs", "List the jobs of the group"),
    _failures("failures.close", "q,escape", "back", "Close the failures"),
    _failures(
        "failures.logs",
        "l",
        "log of first",
        "Log of the first job of the group, at its first error",
    ),
    _failures("failures.why", "exclamation_mark", "why", "Why the first job of the group failed"),
    _failures(
        "failures.edit", "ctrl+e", "edit", "Edit the first job's command or script, or the workflow"
    ),
    _failures("failures.retry", "y", "retry", "Retry the jobs of the group as they are"),
    _failures(
        "failures.rerun", "Y", "rerun", "Rerun the marked groups, else all that failed; it runs"
    ),
    _failures("failures.plan", "v", "plan", "What a recovery would do"),
    _failures("failures.recover", "V", "recover", "Recover the workflow"),
    _failures("failures.more", "m", "read more", "Read more of the logs"),
    _failures("failures.refresh", "r", "refresh", "Read all again"),
)
