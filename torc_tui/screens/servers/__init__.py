"""What the keys for servers do."""
