"""What the list of jobs shows of their attempts: when, how long, where, with what outcome."""
