"""Shell texts of a workflow file: references in them, and what the shell makes of a path there."""
