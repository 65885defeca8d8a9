"""Authentication: the token, users and their passwords."""
