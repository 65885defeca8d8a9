"""The `torc-server` command."""

from __future__ import annotations

from torc_server.cli import main

if __name__ == "__main__":
    main()
