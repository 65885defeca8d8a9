"""The tabs of an open workflow that are lists, and the order of all."""
