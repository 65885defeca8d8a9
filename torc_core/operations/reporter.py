"""Between an operation and its interface: proposals, notices, questions and results, as data.

Every one of them has its sentence here or in the operation's module, so that all interfaces say
the same. An interface implements `Reporter`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar

import msgspec

from torc_core.errors import TorcError


class Notice(Protocol):
    """Something that a user should read: progress, or a warning."""

    @property
    def sentence(self) -> str:
        """What it says, without a prefix."""


class PlainNotice(msgspec.Struct, frozen=True):
    """A notice with nothing but its sentence."""

    sentence: str


class Result(Protocol):
    """The outcome of an operation."""

    @property
    def sentence(self) -> str:
        """What was done."""


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What an operation is about to do, for the user to agree to."""

    sentence: str
    lines: tuple[str, ...] = ()
    """What it affects, with counts."""
    is_danger: bool = False
    """It cannot be undone."""
    is_optional: bool = False
    """A user who typed a command for it has agreed; keys and buttons still ask."""
    typed_name: str | None = None
    """An interface with dialogs asks the user to type this name, as so much is at stake."""


class Reporter(Protocol):
    """An interface, as operations see it."""

    def progress(self, notice: Notice, done: float | None = None) -> None:
        """Show how far a long operation is; the next notice may replace this one.

        Args:
            notice: What is being done.
            done: The fraction that is done, from 0 to 1; None if unknown.
        """

    def warn(self, warning: Notice) -> None:
        """Show a warning; the operation continues."""

    def confirm(self, question: Question) -> bool:
        """Return whether the user agrees."""


WARNINGS_SHOWN = 20


def warn_of_all(reporter: Reporter, warnings: Sequence[Notice]) -> None:
    """Show the first of many warnings of a kind, and how many more there are."""
    for warning in warnings[:WARNINGS_SHOWN]:
        reporter.warn(warning)
    if (more := len(warnings) - WARNINGS_SHOWN) > 0:
        reporter.warn(PlainNotice(f"{more:,} more of these"))


class SilentReporter:
    """Agrees to everything and shows nothing: for programs."""

    def progress(self, notice: Notice, done: float | None = None) -> None:
        """Show nothing."""

    def warn(self, warning: Notice) -> None:
        """Show nothing."""

    def confirm(self, question: Question) -> bool:  # noqa: ARG002 - the protocol's
        """Agree."""
        return True


SILENT = SilentReporter()

R_co = TypeVar("R_co", bound=Result, covariant=True)


class Perform(Protocol[R_co]):
    """The part of an operation that changes something."""

    def __call__(self, reporter: Reporter, /, *, force: bool) -> R_co:
        """Do it.

        Args:
            reporter: Where progress goes.
            force: The user overrides the objection; `**_force` where there is nothing to override.

        Raises:
            TorcError: The server refused it, or did not answer.
        """


class Proposal(msgspec.Struct, Generic[R_co], frozen=True, kw_only=True):
    """An operation that is possible, before anything is changed."""

    question: Question | None
    """For an interface that asks before this operation; None if it will change nothing."""
    perform: Perform[R_co]
    warnings: tuple[Notice, ...] = ()
    objection: TorcError | None = None
    """Why it is refused unless it is forced."""


def carry_out(
    proposal: Proposal[R_co], reporter: Reporter = SILENT, *, force: bool = False
) -> R_co | None:
    """Report, ask and perform; return the result, or None if the user declines.

    Args:
        proposal: The operation.
        reporter: The interface.
        force: Continue in spite of the objection.

    Raises:
        TorcError: The objection, or a refusal of the server.
    """
    _announce(proposal, reporter, force=force)
    if proposal.question is not None and not reporter.confirm(proposal.question):
        return None
    return proposal.perform(reporter, force=force)


def carry_out_unasked(proposal: Proposal[R_co], reporter: Reporter = SILENT) -> R_co:
    """Report and perform what was agreed to before, as a part of something else.

    Raises:
        TorcError: The objection, or a refusal of the server.
    """
    _announce(proposal, reporter, force=False)
    return proposal.perform(reporter, force=False)


def _announce(proposal: Proposal[R_co], reporter: Reporter, *, force: bool) -> None:
    if proposal.objection is not None and not force:
        raise proposal.objection
    for warning in proposal.warnings:
        reporter.warn(warning)
