"""The interface's own driver, which notes what the process has cost until its first picture."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from torc_tui.driver.driver import SparingDriver

NAME = "tui.limits.noting_driver:NotingDriver"
"""The value of TEXTUAL_DRIVER."""
NOTES = "NOTES_OF_THE_FIRST_PICTURE"
"""The variable with the file of the notes."""
_SEEN = "quit"
"""A word of the first picture, and of nothing that is sent before it."""


class NotingDriver(SparingDriver):
    """Notes the processor's time and the modules when the first picture is sent."""

    _has_noted = False

    def write(self, data: str) -> None:
        """Send, and note the first picture."""
        super().write(data)
        if not self._has_noted and _SEEN in data:
            self._has_noted = True
            notes = {"cpu_s": time.process_time(), "modules": sorted(sys.modules)}
            path = Path(os.environ[NOTES])
            part = path.with_suffix(".part")
            part.write_text(json.dumps(notes))
            part.rename(path)
