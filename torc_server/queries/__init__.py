"""Views that no single table holds. Nothing here writes."""
