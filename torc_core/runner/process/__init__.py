"""The processes of jobs: their environment, start, exit and results."""
