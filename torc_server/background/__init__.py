"""Work in the background: tasks and housekeeping."""
