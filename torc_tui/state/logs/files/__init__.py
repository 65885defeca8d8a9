"""Files of any size: where those of a job are, their bytes, their lines."""
