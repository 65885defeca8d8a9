"""Whether a change is allowed: never if the interface is read-only; for others, after asking."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence

from torc_core.errors import UsageError
from torc_core.model.ids import WorkflowId, id_of
from torc_core.model.workflow import Workflow
from torc_core.operations.facts import title_of
from torc_core.units import counted
from torc_tui.keys.action import Action
from torc_tui.screens.dialogs.confirm import Confirm

Ask = Callable[[Confirm], Awaitable[bool | None]]
MayChange = Callable[[], Awaitable[bool]]
_NEW = frozenset({"workflow.create", "workflow.wizard"})
"""Actions that make a workflow of the user's own, whatever is in sight."""


class ReadOnly:
    """Guards workflows against changes.

    Args:
        user: Whose workflows may be changed.
        is_everything: Nothing may be changed.
    """

    def __init__(self, user: str, *, is_everything: bool) -> None:
        self.user = user
        self.is_everything = is_everything
        self._opened: set[tuple[str | None, WorkflowId]] = set()

    def covers(self, url: str | None, workflows: Iterable[Workflow]) -> bool:
        """Return whether workflows may not be changed as they are."""
        return self.is_everything or bool(self._of_others(url, workflows))

    def asks(
        self, ask: Ask, action: Action, url: str | None, workflows: Sequence[Workflow]
    ) -> MayChange:
        """Return what says whether workflows may be changed; of others the user is asked.

        It raises `UsageError` if the interface is read-only.

        Args:
            ask: Shows a question.
            action: What the key does.
            url: The server of the workflows.
            workflows: What it is done to.
        """

        async def may_change() -> bool:
            if self.is_everything:
                raise refusal(action.label)
            others = [] if action.id in _NEW else self._of_others(url, workflows)
            if others and not await ask(_question(others, self.user)):
                return False
            self._opened.update((url, id_of(each)) for each in others)
            return True

        return may_change

    def _of_others(self, url: str | None, workflows: Iterable[Workflow]) -> list[Workflow]:
        return [
            each
            for each in workflows
            if each.user != self.user and (url, id_of(each)) not in self._opened
        ]


def refusal(what: str) -> UsageError:
    """Return the error of what would change something in a read-only interface."""
    return UsageError(
        f"{what} is refused: the interface is read-only.", hint="Start it without --readonly."
    )


async def unless_refused(
    action: Action, may_change: MayChange, act: Callable[[], Awaitable[None]]
) -> None:
    """Carry out an action; one that changes something only if that may be."""
    if not action.is_change or await may_change():
        await act()


def _question(others: Sequence[Workflow], user: str) -> Confirm:
    owners = sorted({each.user or "no user" for each in others})
    what = title_of(others[0]) if len(others) == 1 else counted(len(others), "workflow")
    lines = [
        f"You are {user}. Read-only until now, so that nothing of others is changed by mistake.",
        "With y it can be changed until you quit; what the key does is asked next.",
    ]
    return Confirm(f"Change {what} of {', '.join(owners)}?", lines)
