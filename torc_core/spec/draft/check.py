"""Drafts are checked as workflow files are, and problems lead to the field that they are about."""

from __future__ import annotations

import msgspec

from torc_core import graph
from torc_core.spec.convert import Format, write
from torc_core.spec.draft.draft import Draft
from torc_core.spec.draft.tree import DraftProblem, Spot, Tree, make_tree
from torc_core.spec.expanded import ExpandedWorkflow
from torc_core.spec.files.paths import Surroundings
from torc_core.spec.load import MAX_JOBS, check_tree
from torc_core.spec.problems import Path
from torc_core.spec.schedulers import OR_ACCEPT

_NO_SURROUNDINGS = Surroundings()
_SECTIONS = ("basics", "jobs", "schedulers", "actions")


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a draft."""

    draft: Draft
    workflow: ExpandedWorkflow | None
    """What would be created; None while there are problems."""
    problems: tuple[DraftProblem, ...] = ()
    warnings: tuple[DraftProblem, ...] = ()


def check_draft(
    draft: Draft, surroundings: Surroundings = _NO_SURROUNDINGS, *, max_jobs: int = MAX_JOBS
) -> Checked:
    """Return what a draft becomes, or all its problems, in the order of its fields.

    Args:
        draft: The draft.
        surroundings: What paths of files may refer to.
        max_jobs: Refuse a workflow of more jobs than this.
    """
    tree = make_tree(draft)
    workflow, found = check_tree(tree.data, max_jobs=max_jobs, surroundings=surroundings)
    errors = [_problem(tree, draft, *error) for error in found.errors]
    problems = sorted({*tree.problems, *errors}, key=_order)
    return Checked(
        draft=draft,
        workflow=None if problems else workflow,
        problems=tuple(problems),
        warnings=tuple(_problem(tree, draft, *warning) for warning in found.warnings),
    )


def draft_text(draft: Draft, form: Format) -> str:
    """Return a draft as the text of a workflow file; also one with problems."""
    return write(make_tree(draft).data, form)


def _problem(tree: Tree, draft: Draft, path: Path, message: str) -> DraftProblem:
    spot = tree.spot(path, draft)
    if spot.section == "jobs" and spot.index is not None and spot.field is None:
        # Of a whole job: it waits for itself, or asks for more than any allocation has.
        field = "depends_on" if spot.index in _waiting_in_circles(draft) else "preset"
        spot = Spot("jobs", spot.index, field)
    return DraftProblem(spot, message.removesuffix(OR_ACCEPT))


def _waiting_in_circles(draft: Draft) -> set[int]:
    place = {job.key: at for at, job in enumerate(draft.jobs)}
    dependencies = [
        tuple(sorted(place[key] for key in job.depends_on if key in place)) for job in draft.jobs
    ]
    return {at for cycle in graph.find_cycles(dependencies) for at in cycle}


def _order(problem: DraftProblem) -> tuple[int, int, str, str]:
    spot = problem.spot
    index = -1 if spot.index is None else spot.index
    return _SECTIONS.index(spot.section), index, spot.field or "", problem.message
