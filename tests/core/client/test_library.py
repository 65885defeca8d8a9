"""httpx as it is imported here: late, and without its own command line."""

from __future__ import annotations

import subprocess
import sys

import pytest

CLIENT = "from torc_core.client import TorcClient\n"
PING = CLIENT + "TorcClient(sys.argv[1]).ping()\n"


def run(code: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", "import sys\n" + code, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_client_that_asks_nothing_does_not_import_httpx():
    code = CLIENT + "TorcClient('http://localhost:1')\nprint('httpx' in sys.modules)"

    assert run(code) == "False\n"


def test_a_request_does_not_load_the_command_line_of_httpx(server):
    code = (
        PING + "print([name for name in ('httpx._main', 'rich', 'click') if name in sys.modules])"
    )

    assert run(code, server.url) == "[]\n"


def test_the_command_line_of_httpx_can_be_imported_afterwards(server):
    assert run(PING + "import httpx._main\nprint(httpx._main.main.name)", server.url) == "main\n"


@pytest.mark.parametrize("first", ["import httpx\n", ""])
def test_httpx_is_complete_in_either_order_of_import(server, first):
    code = first + PING + "import httpx\nprint(httpx.get(sys.argv[1] + '/ping').status_code)"

    assert run(code, server.url) == "200\n"
