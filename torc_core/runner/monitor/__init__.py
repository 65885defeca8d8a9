"""Memory and CPU of running jobs."""
