"""Choosing a workflow file, and the forms in which one is put together."""
