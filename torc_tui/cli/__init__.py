"""The subcommands of `torc`: parse, call, print. No rule of a workflow's life is in here."""
