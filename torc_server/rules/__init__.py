"""What may happen to a workflow and its jobs, and what follows from it.

Plain functions on a connection inside a transaction, without HTTP, globals or a clock of their
own. They return wire types and raise the errors of `torc_core.errors`.
"""
