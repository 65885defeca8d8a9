"""Lists of requirements, failure handlers, schedulers, allocations and nodes."""
