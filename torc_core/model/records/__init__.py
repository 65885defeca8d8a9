"""Records beside workflows and jobs: access groups, provenance, accounting, tasks."""
