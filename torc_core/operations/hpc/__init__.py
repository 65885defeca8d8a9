"""Profiles of HPC systems: which there are, which is meant, which partition suits a job."""
