"""New allocations planned for the jobs of a workflow that are left to run."""
