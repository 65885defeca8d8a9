"""What happens to a workflow: initialize, run, cancel, reset, resume."""
