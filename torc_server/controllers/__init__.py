"""The routes, one controller per resource.

A handler translates and delegates; it decides nothing.
"""
