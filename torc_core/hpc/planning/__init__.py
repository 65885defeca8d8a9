"""Which allocations a workflow needs, when, and how large: pure."""
