"""Workflows that are put together field by field: a draft becomes the data of a workflow file."""
