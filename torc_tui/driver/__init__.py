"""The way to the terminal: what it shows is remembered, and only what changed is sent.

Textual paints regions whole. `screen` keeps what it painted and what the terminal shows,
`difference` turns one into the other with few bytes, `flow` measures what the line takes, and
`output` sends the newest state when the line is free.
"""
