"""One method per operation of the HTTP interface, by what they are about."""
