"""The database: one writer, a few readers, numbered schema steps."""
