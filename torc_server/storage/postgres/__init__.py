"""PostgreSQL: all that is said to it alone."""
