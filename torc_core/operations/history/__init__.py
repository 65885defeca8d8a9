"""The history of runs: how each went, how two differ, and which jobs ran where and when."""
