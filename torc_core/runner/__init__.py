"""The runner: claims jobs of one workflow, runs them here and reports their results.

It knows the server only through `TorcClient` and the wire types. It never polls: it wakes when a
process exits, when the server has news, when a timer expires, or on a signal.

From top to bottom; nothing imports a layer above its own:

    __main__, execution     a run directory, from start to end
    runner                  constructs the parts
    loop                    sleeps, and handles what happens
    actions, jobs, running  what the loop drives
    monitor, server         samples of jobs; exchanges with the server
    process                 processes of jobs
    policy                  decisions: pure
"""
