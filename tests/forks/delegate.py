"""`torc` on the path of a shell: has the process of the tests fork it, and ends as that does.

Its arguments are the address of that process and those of `torc`. It imports little, and so takes a
tenth of the time.
"""

from __future__ import annotations

import array
import contextlib
import json
import os
import signal
import socket
import sys


def main() -> None:
    """Start it, pass signals on, and end as it ends."""
    address, *arguments = sys.argv[1:]
    order = {"arguments": arguments, "folder": os.getcwd(), "environ": dict(os.environ)}  # noqa: PTH109
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as tests:
        tests.connect(f"\0{address}")
        streams = array.array("i", range(3))
        rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, streams)
        tests.sendmsg([json.dumps(order).encode()], [rights])
        pid = int(tests.recv(64))

        def pass_on(signum: int, _frame: object) -> None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signum)

        for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            if signal.getsignal(signum) is not signal.SIG_IGN:
                signal.signal(signum, pass_on)
        code = int(tests.recv(64))
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    sys.exit(code)


if __name__ == "__main__":
    main()
