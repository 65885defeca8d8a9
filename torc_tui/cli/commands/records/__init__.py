"""Commands for the records of a workflow: one module per kind."""
