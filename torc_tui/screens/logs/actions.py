"""What the keys of the viewer of files do."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from torc_core.errors import MachineError
from torc_tui.keys.in_words import key_of, keyed
from torc_tui.screens.copying import copy_text
from torc_tui.screens.dialogs.ask import Ask
from torc_tui.screens.logs.viewer import FileViewer
from torc_tui.screens.outside import find_program, run_outside
from torc_tui.terminal import clean

LogAction = Callable[[FileViewer], None]
_PATH_S = 10


def search(screen: FileViewer) -> None:
    """Ask for a text and go to the next match, from the present line on."""

    def answered(needle: str | None) -> None:
        if needle:
            screen.options.needle = needle
            _mark_found(screen)
            screen.set_following(is_followed=False)
            screen.go(lambda view: view.search(needle))

    screen.app.push_screen(Ask("Search", screen.options.needle), answered)


def show_only(screen: FileViewer) -> None:
    """Ask for a text; only lines that hold it are shown, all if it is empty."""

    def answered(text: str | None) -> None:
        if text is not None:
            screen.options.only = text
            _mark_found(screen)
            screen.go("bottom" if screen.options.is_followed else "stay")

    hint = "Only lines that hold it are shown; empty for all lines."
    screen.app.push_screen(Ask("Only lines with", screen.options.only, hint), answered)


def _mark_found(screen: FileViewer) -> None:
    screen.lines.mark(screen.options.needle, screen.options.only)


def _seek(screen: FileViewer, *, is_forward: bool) -> None:
    needle = screen.options.needle
    if not needle:
        screen.tell(keyed("{log.search} searches for a text."))
        return
    screen.set_following(is_followed=False)
    screen.go(lambda view: view.search_on(needle, is_forward=is_forward))


def follow(screen: FileViewer) -> None:
    """Start or stop following the end."""
    screen.action_move("stay" if screen.options.is_followed else "bottom")


def switch(screen: FileViewer) -> None:
    """Show the next file."""
    if len(screen.sources.streams) > 1:
        screen.open_stream(screen.number + 1)
    else:
        screen.tell("There is no other file here.")


def older(screen: FileViewer) -> None:
    """Show the output of the attempt before."""
    if screen.sources.older is None:
        screen.tell("There is no older attempt.")
    else:
        screen.find_files(screen.sources.older)


def newer(screen: FileViewer) -> None:
    """Show the output of the attempt after."""
    if screen.sources.newer is None:
        screen.tell("There is no newer attempt.")
    else:
        screen.find_files(screen.sources.newer)


def wrap(screen: FileViewer) -> None:
    """Wrap or cut long lines."""
    screen.options.is_wrapped = not screen.options.is_wrapped
    screen.lines.scroll_to_start()
    _show_anew(screen)


def colors(screen: FileViewer) -> None:
    """Show colors, or plain text; the output of a run has none, and is followed or not."""
    if screen.stream is not None and screen.stream.run_id:
        follow(screen)
        return
    screen.options.has_colors = not screen.options.has_colors
    _show_anew(screen)


def hex_dump(screen: FileViewer) -> None:
    """Show a hex dump, or text."""
    screen.options.is_hex = not screen.is_hex
    _show_anew(screen)


def _show_anew(screen: FileViewer) -> None:
    screen.show_title()
    screen.go("bottom" if screen.options.is_followed else "stay")


def scroll(screen: FileViewer, steps: int) -> None:
    """Scroll sideways; wrapped lines have nothing there."""
    if screen.options.is_wrapped:
        screen.tell(keyed("Long lines are wrapped; {log.wrap} cuts them."))
    else:
        screen.lines.scroll_sideways(steps)


def mark(screen: FileViewer) -> None:
    """Set a marker behind the last line, or take it away."""
    text = f"── {datetime.now().astimezone():%H:%M:%S} ".ljust(40, "─")
    screen.go(lambda view: view.mark(text))
    if screen.options.is_followed:
        screen.go("bottom")
    else:
        screen.tell(keyed("Marked at the end of the file; {move.bottom} goes there."))


def path(screen: FileViewer) -> None:
    """Show the full path, and send it to the terminal's clipboard."""
    file = screen.stream.source.path if screen.stream else None
    if file is None:
        screen.tell("There is no single file here.")
        return
    shown = clean(str(file))
    screen.notify(shown, timeout=_PATH_S, markup=False)
    copy_text(screen, shown, screen.tell)


def copy(screen: FileViewer) -> None:
    """Send the selection, or the lines in sight, to the terminal's clipboard, and to a file."""
    text = screen.get_selected_text() or screen.lines.text
    if text:
        copy_text(screen, text, screen.tell)
    else:
        screen.tell("There is nothing to copy.")


def open_elsewhere(screen: FileViewer) -> None:
    """Open the file in $PAGER, else in less, else in $EDITOR, until that is closed."""
    file = screen.stream.source.path if screen.stream else None
    if file is None:
        screen.tell(_NO_FILE)
        return
    screen.look(lambda: _program_for(file), lambda program: _open_in(screen, file, program))


def _program_for(file: Path) -> list[str] | None:
    """Return the words of the program that opens a file, if there is such a file."""
    if not file.is_file():
        return None
    return [_UNZIPS] if file.suffix == ".gz" and shutil.which(_UNZIPS) else _program()


def _open_in(screen: FileViewer, file: Path, program: list[str] | None) -> None:
    if not program:
        needed = "Set PAGER or EDITOR to the program that is to open files."
        screen.tell(_NO_FILE if program is None else needed)
        return
    try:
        problem = run_outside(
            screen.app, [*program, *_at_line(program[0], screen.line_number), str(file)]
        )
    except MachineError as error:
        screen.tell(f"{error.message} {key_of('log.path')} shows the path of the file.")
        return
    screen.go("stay")
    if problem:
        screen.tell(f"{Path(program[0]).name} {problem}")


def _program() -> list[str]:
    return find_program(("PAGER", "EDITOR", "VISUAL"), ("less", "more", "vi"), _SHOW_AT_ONCE)


_NO_FILE = "There is no file to open."
_UNZIPS = "zless"
_SHOW_AT_ONCE = {"cat", "tee"}
"""Some set PAGER to these, which leave nothing to read in the end."""
_KNOW_LINES = {"less", "more", "most", "vi", "vim", "nvim", "nano", "emacs", "ne", "joe"}


def _at_line(program: str, number: int | None) -> list[str]:
    return [f"+{number}"] if number and Path(program).name in _KNOW_LINES else []


def stop(screen: FileViewer) -> None:
    """Stop the run whose output is shown, after a question."""
    run_id = screen.stream.run_id if screen.stream else ""
    if run_id:
        screen.stop_run(run_id)
    else:
        screen.tell("This is not the output of a run on this machine.")


def close(screen: FileViewer) -> None:
    """Close the viewer."""
    screen.dismiss()


LOG_ACTIONS: dict[str, LogAction] = {
    "left": lambda screen: scroll(screen, -1),
    "right": lambda screen: scroll(screen, 1),
    "switch": switch,
    "search": search,
    "next": lambda screen: _seek(screen, is_forward=True),
    "previous": lambda screen: _seek(screen, is_forward=False),
    "only": show_only,
    "follow": follow,
    "older": older,
    "newer": newer,
    "wrap": wrap,
    "colors": colors,
    "hex": hex_dump,
    "mark": mark,
    "copy": copy,
    "open": open_elsewhere,
    "path": path,
    "stop": stop,
    "close": close,
}
"""By the second half of the id of the action."""
