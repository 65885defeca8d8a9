"""What failed: groups of failed jobs, and the next row that failed."""
