"""What torc keeps and finds on this machine: directories, processes, runs, the embedded server."""
