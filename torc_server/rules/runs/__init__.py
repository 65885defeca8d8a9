"""Workflow runs: starting and resuming workflows, and the records of it."""
