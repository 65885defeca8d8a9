"""The border to Slurm: its programs, their command lines, and what they print."""
