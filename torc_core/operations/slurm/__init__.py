"""What a user may ask for of Slurm: allocations, how they ended, and their logs."""
