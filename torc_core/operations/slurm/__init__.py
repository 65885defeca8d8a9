"""What a user may ask for of Slurm: allocations, what became of them, and their logs."""
