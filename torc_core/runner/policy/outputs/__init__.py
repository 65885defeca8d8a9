"""What a job leaves: what is kept of what it prints, and whether it wrote its output files."""
