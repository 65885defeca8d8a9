"""The database: one writer, a pool of readers, tables, statements, and the seam for its kind."""
