"""Boxes that ask, and texts that are read; each takes the keys until it is closed."""
