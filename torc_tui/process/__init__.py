"""The interface as a process: shown until the user quits, and a clean terminal however it ends."""
