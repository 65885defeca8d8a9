"""Routes of workflows, and of what lies under a workflow's path."""
