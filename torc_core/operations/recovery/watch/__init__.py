"""Watching a workflow until it is complete, and doing what a user has allowed meanwhile."""
