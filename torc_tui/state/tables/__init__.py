"""What users make of lists: columns, saved filters, and what of it is remembered."""
