"""What a process may use of its machine: control groups, GPUs, and a batch system's share."""
