"""What a person at a terminal touches: the `torc` command and the Textual application."""
