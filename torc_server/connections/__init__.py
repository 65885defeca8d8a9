"""Connections: how many there may be, how long a client may take, and who goes first."""
