"""What a user may ask for of single jobs: create, change, delete, cancel, retry; their output."""
