"""Slurm: what an allocation gives, and the runner inside one."""
