"""One submission to Slurm: its script, and what that needs."""
