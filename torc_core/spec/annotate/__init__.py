"""Schedulers and requests for nodes, written into the text of a workflow file."""
