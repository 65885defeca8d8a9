"""What is measured of jobs and of the node, when, and what the samples add up to. Pure."""
