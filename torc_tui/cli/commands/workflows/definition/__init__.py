"""Commands for workflows as records: create, show, change, export, delete."""
