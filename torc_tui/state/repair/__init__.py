"""What the screens of failures and reasons say, as text."""
