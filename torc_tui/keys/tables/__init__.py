"""The keys, by the part of the interface in which they work."""
