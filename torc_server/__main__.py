"""The `torc-server` command."""

from __future__ import annotations

import gc

gc.disable()  # starting makes hardly any garbage; the server collects once it serves

from torc_server.cli import main  # noqa: E402 - the imports are what is to be fast

if __name__ == "__main__":
    main()
