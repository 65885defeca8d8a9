"""Creating workflows: the dialog that chooses a file, and the wizard."""
