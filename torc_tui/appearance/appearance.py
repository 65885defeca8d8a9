"""What the interface looks like in a terminal. Imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass, replace

from torc_tui.appearance.depth import Depth
from torc_tui.appearance.palettes import PALETTES


@dataclass(frozen=True, slots=True)
class Appearance:
    """A theme, for a terminal."""

    theme: str = "dark"
    depth: Depth = Depth.TRUE
    is_ascii: bool = False

    @property
    def is_dark(self) -> bool:
        """Whether the background is dark."""
        return PALETTES[self.theme].is_dark

    @property
    def next_one(self) -> Appearance:
        """The same with the next theme."""
        names = list(PALETTES)
        return replace(self, theme=names[(names.index(self.theme) + 1) % len(names)])


USUAL = Appearance()
"""For a terminal that nothing is known about."""
