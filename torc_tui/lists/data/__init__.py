"""Lists of files and user data, and of what depends on what."""
