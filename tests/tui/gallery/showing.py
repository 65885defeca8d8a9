"""The server whose workflows are shown, in the directory in which they were made."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path

from serving import ServerProcess
from tui.gallery import world

USUAL = Path(__file__).parent / "at_a_moment.py"


@contextmanager
def showing(clock: Path, program: Path = USUAL) -> Iterator[ServerProcess]:
    """Make the workflows, and serve them.

    Args:
        clock: The file whose time is the server's.
        program: What serves them, called as the usual one is.
    """
    folder = Path(tempfile.mkdtemp(prefix="torc-"))  # its path always has the same length
    clock.touch()
    os.utime(clock, (world.BEGIN, world.BEGIN))
    servers = {
        each: ServerProcess(folder / "torc.db", program=(str(each), str(clock)))
        for each in (USUAL, program)
    }
    try:
        with chdir(folder):
            servers[USUAL].start()
            world.make(servers[USUAL].client(), clock)
            if program != USUAL:
                servers[USUAL].kill()
                servers[program].start()
        yield servers[program]
    finally:
        for each in servers.values():
            if each.process is not None:
                each.kill()
        shutil.rmtree(folder)
