"""The guard: a small process that starts jobs and commands of actions, waits and ends them.

It is the parent of all of them, and of what they leave behind (it is a subreaper), so that a killed
runner loses nothing: the jobs go on, their exits are written to a journal, and the next runner of
the workflow on this machine connects and takes over. A runner starts one with its first job.

From top to bottom; nothing imports a layer above its own:

    __main__     the program
    loop         commands in, events out
    processes    the processes of a runner, from start to end
    queue        starts that wait for other processes
    ending       what is done next to one that is being ended, pure
    trees        whose processes are a job's
    children     start and reap
    journal      what survives the guard itself
    messages     what is said over the socket and written to the journal
    stream       frames on a socket
"""
