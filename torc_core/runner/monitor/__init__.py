"""The memory and CPU of running jobs: sampled, compared with their limits, stored on request."""
