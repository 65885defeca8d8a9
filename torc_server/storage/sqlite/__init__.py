"""SQLite: one file with its write-ahead log, and all that is said to it alone."""
