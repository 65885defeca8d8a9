"""The runner's side of the server: registration, exchanges, and the single calls."""
