"""Which jobs depend on which, and what follows when one of them completes."""
