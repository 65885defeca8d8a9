"""What is done to large workflows in slices, with the requests of others in between."""
