"""The words of the command line: what they are, and how they are completed."""
