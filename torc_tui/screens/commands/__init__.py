"""The palette and the command line: actions by name, instead of by key."""
