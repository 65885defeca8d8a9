"""Readers: the text of a file to plain data, with the place of every value."""
