"""Runners that are lost, or were silent: their leases, their attempts, and who continues them."""
