"""Servers that torc starts: where they keep their files."""
