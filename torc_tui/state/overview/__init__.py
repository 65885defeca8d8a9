"""How far jobs are, when they ran, and what differs between runs: as lines."""
