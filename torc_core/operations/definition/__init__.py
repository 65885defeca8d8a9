"""What makes a workflow, and what removes it: create, archive, delete."""
