"""Parameters: their values, the texts that use them, and the concrete entries that they make."""
