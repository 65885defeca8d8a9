"""`torc-server` for which every disk is one that other machines may use."""

from __future__ import annotations

import sys

from torc_server.__main__ import main
from torc_server.storage.sqlite import database

database.shared_file_system = lambda _path: "NFS"
if __name__ == "__main__":
    sys.argv[0] = "torc-server"
    main()
