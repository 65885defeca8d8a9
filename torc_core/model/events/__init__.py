"""Events: how they are stored and streamed, what the server records, and how they read."""
