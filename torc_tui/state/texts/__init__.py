"""Texts that are read in full."""
