"""What a user can do with single jobs: create, change, delete, cancel, retry, read output."""
