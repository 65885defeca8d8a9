"""Submissions of workflows: what they ask of Slurm, where workers work, and how they are made."""
