"""What a user may ask for, once for every interface.

An operation is a function of a client and a request; it returns what happened, or raises a
`TorcError`. It reports progress and asks questions through a `Reporter`, and never prints.
"""
