"""The database: one writer, a pool of readers, the tables, and what is said to SQLite alone."""
