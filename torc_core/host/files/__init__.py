"""Files as torc uses them: records, logs, locks, and the room on their disk."""
