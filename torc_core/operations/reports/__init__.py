"""What the results of a workflow say: resources, logs, and better requirements."""
