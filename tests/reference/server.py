"""`torc-server`, reduced to the reference's interface."""

from __future__ import annotations

import sys
from typing import Any

from reduced import Reduced

from torc_server import serve
from torc_server.__main__ import main
from torc_server.access.authentication import RequesterByPeer


def _reduced(app: Any) -> Any:
    return RequesterByPeer(Reduced(app))


serve.RequesterByPeer = _reduced  # type: ignore[assignment,misc]  # around the whole application
if __name__ == "__main__":
    sys.argv[0] = "torc-server"
    main()
