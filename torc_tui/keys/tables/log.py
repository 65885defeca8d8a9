"""Keys of the log viewer, and of texts that are read in full."""

from __future__ import annotations

from functools import partial

from torc_tui.keys.action import Action, Scope

_log = partial(Action, group="Log viewer", scope=Scope.LOG)
_reader = partial(Action, group="", scope=Scope.READER)

LOG: tuple[Action, ...] = (
    _log("log.left", "left", "", "Half a screen to the left"),
    _log("log.right", "right", "", "Half a screen to the right"),
    _log("log.switch", "tab,shift+tab", "out/err", "Switch between stdout and stderr"),
    _log("log.search", "slash", "search", "Search (ignores case)"),
    _log("log.next", "n", "next", "Next match"),
    _log("log.previous", "N", "previous", "Previous match"),
    _log("log.only", "ampersand", "only", "Show only lines that hold a text; empty for all"),
    _log("log.follow", "F", "follow", "Follow the end of the file"),
    _log("log.older", "left_curly_bracket", "older", "Output of the attempt before"),
    _log("log.newer", "right_curly_bracket", "newer", "Output of the attempt after"),
    _log("log.wrap", "w", "wrap", "Wrap or cut long lines"),
    _log("log.colors", "a", "", "Show colors, or plain text; of a run: follow its end"),
    _log("log.hex", "x", "hex", "Hex dump, or text"),
    _log("log.mark", "m", "mark", "Mark the present end; again to unmark"),
    _log("log.copy", "Y", "copy", "Copy the selection, or the lines in sight; to a file, too"),
    _log("log.open", "e", "pager", "Open the file in $PAGER or $EDITOR"),
    _log("log.path", "y", "path", "Show the path of the file"),
    _log("log.stop", "K", "stop run", "Stop the run that prints this, after a question"),
    _log("log.close", "q,escape", "close", "Close the log"),
    _reader("reader.search", "slash", "search", "Search (ignores case)"),
    _reader("reader.next", "n", "next", "Next match"),
    _reader("reader.previous", "N", "previous", "Previous match"),
    _reader("reader.copy", "Y", "copy", "Copy all of it; to a file, too"),
    _reader("reader.close", "q,escape,question_mark,enter", "close", "Close"),
)
