"""Which jobs wait for which, and what follows when one of them completes."""
