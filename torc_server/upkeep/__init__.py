"""What administrators do with a database: back it up, check it, give its free space back."""
