"""The runner: claims jobs of one workflow, runs them here and reports their results.

It knows the server only through `TorcClient` and the wire types. Nothing in it polls: it wakes when
a process exits, when the server has news, when a timer expires, or on a signal.

Engine (this folder) > `monitor`, `server` > `process` > `policy`.
"""
