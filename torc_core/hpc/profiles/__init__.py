"""What torc knows of HPC systems: their partitions, how they are recognized, which one fits."""
