"""One attempt of a job: its environment, its process, its report."""
