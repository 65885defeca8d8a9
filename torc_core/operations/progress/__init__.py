"""How far the jobs of a workflow are, by groups of jobs that are alike."""
