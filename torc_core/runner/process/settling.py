"""What is done about the processes of guards that are gone, and of actions of dead runners."""

from __future__ import annotations

from collections.abc import Mapping

from torc_core.runner.guard.messages import End, Exited, Skipped, unpack
from torc_core.runner.logs import log
from torc_core.runner.policy.exit_outcome import StopReason
from torc_core.runner.process.adoption import LeftCommand, lost_entries
from torc_core.runner.process.attempt import Attempt, Lost, ProcessEvent
from torc_core.runner.process.awaited import AwaitedProcess
from torc_core.runner.process.guard_client import GuardClient
from torc_core.runner.process.preparation import discard_file

Owner = Attempt | AwaitedProcess


def ends_of(
    guard: GuardClient, owners: Mapping[int, Owner], *, is_own: bool
) -> list[tuple[Owner, ProcessEvent]]:
    """Return how processes of a guard that is gone have ended, by its journal.

    A job that was to start here and is not in there has not started. Those come last, the last one
    first. One that had started and is not in there counts as lost: its line had no room on the
    disk, or a runner that took the guard meanwhile has reported it, and the server refuses this.

    Args:
        guard: The guard.
        owners: Its processes, by their numbers.
        is_own: This runner started the guard.
    """
    try:
        entries = lost_entries(guard.record.name, guard.directory)
    except OSError as error:
        log.warning("Journal of a guard cannot be read", error=error)
        return [(owner, Lost()) for owner in owners.values()]
    noted = {entry.id for entry in entries}
    exits = {entry.id: entry for entry in entries if isinstance(entry, Exited)}
    ended: list[tuple[Owner, ProcessEvent]] = []
    skipped: list[tuple[Owner, ProcessEvent]] = []
    for number, owner in owners.items():
        if number in noted or not (is_own and _is_unstarted(owner)):
            ended.append((owner, exits.get(number, Lost())))
        else:
            skipped.append((owner, Skipped(id=number)))
    return ended + skipped[::-1]


def _is_unstarted(owner: Owner) -> bool:
    """Return whether no start of this job is known."""
    return isinstance(owner, Attempt) and owner.recovery is None and owner.pid is None


def end_left(guard: GuardClient, command: LeftCommand, grace_s: float) -> None:
    """End what a dead runner was running for an action: the server gives that up with it.

    Args:
        guard: Its guard; if that is gone, the command is, too.
        command: What was running.
        grace_s: From SIGTERM to SIGKILL.
    """
    action_id = command.record.action_id
    if not command.has_exited:
        log.warning("Command of a dead runner is ended", action_id=action_id, pid=command.pid)
    guard.send(End(id=command.id, grace_s=grace_s, reason=StopReason.RUNNER_STOPS.name))
    guard.forget([command.id])
    discard_file(unpack(command.record.file))
