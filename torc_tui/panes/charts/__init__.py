"""Tabs that show the whole of a workflow at once: its graph and its timeline."""
