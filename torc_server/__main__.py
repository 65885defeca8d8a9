"""The `torc-server` command."""

from __future__ import annotations

import gc
import sys

gc.disable()  # starting makes hardly any garbage; the server collects once it serves

if __name__ == "__main__" and not sys.flags.safe_path:
    sys.path.pop(0)  # the current directory, with modules of the user's own

from torc_server.cli import main  # noqa: E402 - the imports are what is to be fast

if __name__ == "__main__":
    main()
