"""What each method of the official clients is called with, and what it must answer.

These modules run inside the environment of a client: they know that client, pydantic and the
standard library.
"""
