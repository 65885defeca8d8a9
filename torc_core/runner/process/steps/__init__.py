"""Jobs as steps of a Slurm allocation: what starts and asks them, and what they leave."""
