"""What the interface knows of the servers that it can go to."""
