"""What runs have left: how each went, what differs between two, where jobs ran when."""
