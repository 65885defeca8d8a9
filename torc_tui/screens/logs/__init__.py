"""The viewer of files, and what its keys do."""
