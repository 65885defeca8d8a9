"""Small pages beside the terminal: for what it lacks when a browser shows it."""
