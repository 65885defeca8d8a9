"""The runner: claims jobs of one workflow, runs them here and reports their results.

It knows the server only through `TorcClient` and the wire types. It never polls: it wakes when a
process exits, when the server has news, when a timer expires, or on a signal.

From top to bottom; nothing imports a layer above its own:

    caretaker                     a runner that only looks after the jobs of a dead one
    __main__, execution           a run directory, from start to end
    runner                        puts the parts together
    loop                          sleeps, and handles what happens
    exchanges, actions, progress  what the loop drives besides jobs
    jobs, queued_jobs, running    the jobs: waiting here, at the guard, and with a process
    monitor, server               samples of jobs; requests to the server
    process                       processes of jobs
    guard                         their parent, a process of its own
    policy                        decisions: pure
"""
