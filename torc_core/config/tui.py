"""The table of the terminal interface."""

from __future__ import annotations

from typing import Annotated

import msgspec

from torc_core.config.bounds import Words
from torc_core.config.keys import Key

AUTO = "auto"
THEMES = Words(
    (
        AUTO,
        "dark",
        "light",
        "high-contrast",
        "high-contrast-light",
        "colorblind",
        "colorblind-light",
    )
)

LOW_BANDWIDTH = Words((AUTO, "on", "off"))
NOTIFY = Words(("off", "bell", "osc9", "osc777"))


class TuiSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What the interface looks like, and what it does by itself."""

    theme: Annotated[
        str,
        Key(
            "The colors; `auto` is dark or light, as the terminal says. With 16 colors or fewer "
            "the background is the terminal's own.",
            THEMES,
        ),
    ] = AUTO
    ascii: Annotated[
        bool | None,
        Key(
            "Draw with ASCII characters only.",
            example=True,
            unset="if the terminal shows few others",
        ),
    ] = None
    low_bandwidth: Annotated[
        str,
        Key(
            "Paint less on the line to the terminal: fewer refreshes, no preview, no latest "
            "events. `auto` does so where the line is measured to be slow.",
            LOW_BANDWIDTH,
        ),
    ] = AUTO
    mouse: Annotated[
        bool | None,
        Key(
            "Take the mouse; without it the terminal selects text by itself.",
            example=True,
            unset="unless the terminal is at the other end of SSH",
        ),
    ] = None
    readonly: Annotated[bool, Key("Change nothing: keys that would are refused.")] = False
    notify: Annotated[
        str,
        Key(
            "How the terminal notifies you that the open workflow has ended or that jobs of it "
            "have failed: by its bell, or by a notification (OSC 9 or OSC 777).",
            NOTIFY,
        ),
    ] = "bell"
    keys: Annotated[
        dict[str, object],
        Key(
            "Other keys for actions of the interface: the id of an action, which the palette "
            "shows, and a key or a list of keys. The table of a later file replaces that of an "
            "earlier one.",
            unset="those of the page on keys",
        ),
    ] = {}
    tab_progress: Annotated[
        bool, Key("Show the progress of the open workflow in the terminal's tab (OSC 9;4).")
    ] = False
