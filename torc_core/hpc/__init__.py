"""Clusters on which runners are started by a batch system."""
