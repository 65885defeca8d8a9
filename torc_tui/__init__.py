"""What users see of torc: the `torc` command and the Textual application."""
