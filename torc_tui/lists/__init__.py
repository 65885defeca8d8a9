"""Every list, declared once: its columns, filters and source, for the commands and the interface.

A list is a `Listing`. `torc jobs list` prints the same columns that the Jobs tab shows; what the
two interfaces show differently (a percentage instead of a count, a heading) is declared side by
side in one `Column`.
"""
