"""Files of a workflow: what their paths become, and which records are one file."""
