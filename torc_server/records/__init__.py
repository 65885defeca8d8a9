"""Records: created, read, updated and deleted, without the rules of a job's life."""
