"""Routes of workflows, and of what is under a workflow's path."""
