"""Which files there are for the output of an attempt."""

from __future__ import annotations

import pytest

from torc_core.model.execution import StdioMode
from torc_core.runner.policy.outputs.stdio import stdio_files


@pytest.mark.parametrize(
    ("mode", "stdout", "stderr", "streams"),
    [
        (StdioMode.SEPARATE, "/x.o", "/x.e", (("stdout", "/x.o"), ("stderr", "/x.e"))),
        (StdioMode.COMBINED, "/x.log", "/x.log", (("output", "/x.log"),)),
        (StdioMode.NO_STDOUT, None, "/x.e", (("stderr", "/x.e"),)),
        (StdioMode.NO_STDERR, "/x.o", None, (("stdout", "/x.o"),)),
        (StdioMode.NONE, None, None, ()),
    ],
)
def test_each_mode_has_the_files_of_the_reference(mode, stdout, stderr, streams):
    files = stdio_files("/x", mode)
    assert (files.stdout, files.stderr) == (stdout, stderr)
    assert files.streams == streams
