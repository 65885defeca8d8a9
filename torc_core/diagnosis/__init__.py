"""What results say of the requirements of jobs, and what logs say of failures. Pure."""
