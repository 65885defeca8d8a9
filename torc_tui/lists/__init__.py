"""The lists of torc, each declared once: columns, filters, source."""
