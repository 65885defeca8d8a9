"""What the keys of lists do."""
