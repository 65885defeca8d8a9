"""Attempts of jobs: claimed, started, reported, lost."""
