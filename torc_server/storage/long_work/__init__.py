"""Long work on workflows: what of it is noted, and who waits for it meanwhile."""
