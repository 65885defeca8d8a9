"""Exported workflows: the document, and how it is read, written and made a workflow again."""
