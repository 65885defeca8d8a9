"""What of a node is in use, and what each job has to itself. Pure."""
