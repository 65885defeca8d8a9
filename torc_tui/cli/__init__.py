"""The subcommands of `torc`: parse, call an operation, print its sentence."""
