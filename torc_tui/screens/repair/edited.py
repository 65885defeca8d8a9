"""Files in the user's own editor, and texts; nothing that was written is lost."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path

from torc_core.errors import ConflictError, TorcError, UsageError
from torc_core.host.directories import PRIVATE_DIRECTORY, state_directory
from torc_core.host.files.regular import open_regular
from torc_tui.screens.actions.context import ActionContext
from torc_tui.screens.outside import find_program, run_outside
from torc_tui.state.creating.recent_files import shortened

_EDITORS = ("vi", "vim", "nano", "emacs")
_PLACE = "edited"


class EditedText:
    """A text in a file of the state directory, which the user edits.

    Args:
        context: The interface.
        path: The file.
        original: What there was.
    """

    def __init__(self, context: ActionContext, path: Path, original: str) -> None:
        self._context = context
        self._path = path
        self._original = original.encode("utf-8", "surrogateescape")
        self.is_used = False
        """What was written has served its purpose."""

    async def edit(self) -> str:
        """Return the text as the user leaves it.

        Raises:
            UsageError: There is no editor, or it left something that is not text.
            ConflictError: The editor failed, as `:cq` has vi do to discard changes.
        """
        await edit_file(self._context, self._path)
        return await self._context.session.requests.look(self._read_text)

    @property
    def place(self) -> str:
        """The path of the file, as it can be typed."""
        return shortened(str(self._path))

    async def leave(self) -> str:
        """Return where the text is kept; empty if it was used, or is as it was."""
        return await self._context.session.requests.look(self._leave)

    def _read_text(self) -> str:
        try:
            return self._read().decode("utf-8")
        except (OSError, UnicodeError) as error:
            raise UsageError(
                f"What the editor left cannot be read: {error}.", hint="Nothing was changed."
            ) from error

    def _read(self) -> bytes:
        with os.fdopen(open_regular(self._path), "rb") as file:
            return file.read()

    def _leave(self) -> str:
        with contextlib.suppress(OSError):
            if self.is_used or self._read() == self._original:
                self._path.unlink()
                return ""
            return f"What you wrote is in {self.place}."
        return ""


@contextlib.asynccontextmanager
async def edited_text(context: ActionContext, text: str, name: str) -> AsyncIterator[EditedText]:
    """Have a text edited; unless it is used in the end, it stays in a file, which is said.

    Args:
        context: The interface.
        text: What there is.
        name: Of the file.

    Raises:
        TorcError: The file cannot be made.
    """
    path = await context.session.requests.look(lambda: _new_file(text, name))
    edited = EditedText(context, path, text)
    try:
        yield edited
    except TorcError as error:
        error.hint = " ".join(filter(None, (error.hint, await edited.leave())))
        raise
    else:
        left = await edited.leave()
        if left:
            context.tell(left)


async def edit_file(context: ActionContext, path: Path) -> None:
    """Have a file edited, in place of the interface.

    Raises:
        UsageError: There is no editor.
        ConflictError: The editor failed.
    """
    editor = await context.session.requests.look(
        lambda: find_program(("VISUAL", "EDITOR"), _EDITORS)
    )
    if not editor:
        raise UsageError(
            "There is no editor here.", hint="Set VISUAL or EDITOR to the program that edits files."
        )
    problem = run_outside(context.app, [*editor, str(path)])
    if problem:
        raise ConflictError(f"{Path(editor[0]).name} {problem}.", hint="Nothing was changed.")


def _new_file(text: str, name: str) -> Path:
    directory = state_directory() / _PLACE
    directory.mkdir(mode=PRIVATE_DIRECTORY, exist_ok=True)
    stem, suffix = os.path.splitext(name)  # noqa: PTH122 - no path
    for number in count(1):
        path = directory / (name if number == 1 else f"{stem}_{number}{suffix}")
        with contextlib.suppress(FileExistsError):
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(text.encode("utf-8", "surrogateescape"))
            return path
    raise AssertionError  # numbers have no end
