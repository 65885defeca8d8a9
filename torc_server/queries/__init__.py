"""Reading and keeping records: plain functions on a connection, no HTTP and no clock."""
