"""Plain records of a workflow: created, read, changed and deleted, with no rule of a job's life."""
