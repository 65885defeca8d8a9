"""One operation on several workflows: one question for all of them, outcomes summed up.

What is refused for one of them is said before anything is changed, and does not hold up the others.
Objections are overridden only for a workflow by itself: an answer to many questions is none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

from torc_core.errors import ConflictError, TorcError, TransportError
from torc_core.model.ids import WorkflowId, id_of
from torc_core.model.workflow import Workflow
from torc_core.operations.facts import title_of
from torc_core.operations.reporter import PlainNotice, Proposal, Question, Reporter
from torc_core.units import counted

_INDENT = "  "


class Bulk(msgspec.Struct, frozen=True, kw_only=True):
    """What is done to each workflow, in words."""

    name: str
    """Such as "Cancel"."""
    asks: str
    """Such as "Cancel {}?", where the workflows are counted."""
    says: str
    """Such as "Canceled {}."."""


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Why a workflow is left as it is."""

    workflow: Workflow
    reason: TorcError

    @property
    def sentence(self) -> str:
        """What it says."""
        return f"{title_of(self.workflow)}: {self.reason.message}"


class Outcomes(msgspec.Struct, frozen=True, kw_only=True):
    """How an operation went for each of several workflows."""

    bulk: Bulk
    done: tuple[WorkflowId, ...]
    said: tuple[str, ...]
    """What was done, one sentence for each that is done."""
    refused: tuple[Refusal, ...]

    @property
    def sentence(self) -> str:
        """All of them in one line, with the first that was refused."""
        total = counted(len(self.done) + len(self.refused), "workflow")
        if not self.refused:
            return self.bulk.says.format(total)
        done = self.bulk.says.format(f"{len(self.done):,} of {total}")
        return f"{done} {self.refused[0].sentence}"

    @property
    def lines(self) -> tuple[str, ...]:
        """Every outcome, what was refused first."""
        return (*(each.sentence for each in self.refused), *self.said)


def propose_each(
    bulk: Bulk, workflows: Sequence[Workflow], propose: Callable[[WorkflowId], Proposal[Any]]
) -> Proposal[Outcomes]:
    """Propose an operation for several workflows.

    Args:
        bulk: What it does.
        workflows: At least one.
        propose: Proposes it for one of them.

    Raises:
        ConflictError: It is possible for none of them.
        TransportError: The server did not answer.
    """
    possible: list[tuple[Workflow, Proposal[Any]]] = []
    refused: list[Refusal] = []
    for workflow in workflows:
        found = _look(workflow, propose)
        if isinstance(found, Refusal):
            refused.append(found)
        else:
            possible.append((workflow, found))
    if not possible:
        raise ConflictError(
            f"{bulk.name}: this is possible for none of {counted(len(refused), 'workflow')}.",
            hint="\n".join(each.sentence for each in refused),
        )

    def perform(reporter: Reporter, **_force: bool) -> Outcomes:
        done: list[WorkflowId] = []
        said: list[str] = []
        failed: list[Refusal] = []
        gone: TransportError | None = None
        for workflow, proposal in possible:
            try:
                if gone is not None:  # each of the others would wait for an answer, too
                    raise gone
                result = proposal.perform(reporter, force=False)
            except TorcError as error:
                failed.append(Refusal(workflow=workflow, reason=error))
                gone = error if isinstance(error, TransportError) else None
            else:
                done.append(id_of(workflow))
                said.append(result.sentence)
        return Outcomes(bulk=bulk, done=tuple(done), said=tuple(said), refused=(*failed, *refused))

    return Proposal(
        question=_question(bulk, possible, refused),
        warnings=tuple(
            PlainNotice(f"{title_of(workflow)}: {warning.sentence}")
            for workflow, proposal in possible
            for warning in proposal.warnings
        ),
        perform=perform,
    )


def _look(
    workflow: Workflow, propose: Callable[[WorkflowId], Proposal[Any]]
) -> Proposal[Any] | Refusal:
    try:
        proposal = propose(id_of(workflow))
    except TransportError:
        raise
    except TorcError as error:
        return Refusal(workflow=workflow, reason=error)
    if proposal.objection is not None:
        return Refusal(workflow=workflow, reason=proposal.objection)
    return proposal


def _question(
    bulk: Bulk, possible: Sequence[tuple[Workflow, Proposal[Any]]], refused: Sequence[Refusal]
) -> Question | None:
    asked = [proposal.question for _, proposal in possible if proposal.question is not None]
    if not asked:
        return None
    total = counted(len(possible) + len(refused), "workflow")
    number = f"{len(possible):,} of {total}" if refused else total
    return Question(
        sentence=bulk.asks.format(number),
        lines=tuple(_lines(possible, refused)),
        is_danger=any(each.is_danger for each in asked),
        is_optional=all(each.is_optional for each in asked),
        typed_name=number if any(each.typed_name for each in asked) else None,
    )


def _lines(
    possible: Sequence[tuple[Workflow, Proposal[Any]]], refused: Sequence[Refusal]
) -> Iterator[str]:
    """Yield what is left out, then each workflow with what is said of it alone."""
    for each in refused:
        yield f"Left out: {each.sentence}"
    for workflow, proposal in possible:
        yield title_of(workflow)
        for line in proposal.question.lines if proposal.question else ("Nothing will change.",):
            yield _INDENT + line
