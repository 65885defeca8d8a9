"""`python impatient_torc_server.py run`: a server that waits three seconds for silent runners."""

from __future__ import annotations

from torc_server.__main__ import main
from torc_server.background import housekeeping
from torc_server.rules.attempts import leases

if __name__ == "__main__":
    leases.LEASE_S = 3.0
    housekeeping.PERIOD_S = 0.1
    main()
