"""What torc keeps on this machine: directories, the embedded server, and runs."""
