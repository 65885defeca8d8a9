"""The wire types, one module per resource: used by the server and by every client alike.

Field names and formats are those of the reference's HTTP interface. SQLModel rows never leave the
server; these never enter its tables.
"""
