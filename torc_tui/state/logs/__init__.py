"""Log files: where they are, and reading them by lines and screenfuls."""
