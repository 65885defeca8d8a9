"""The headless core of torc: what a runner, a server and an interface share.

Nothing here may import Textual, Rich, click, Litestar, SQLModel or SQLAlchemy, so that a
compute node loads only what running jobs needs.
"""

__version__ = "0.12.0"
"""Our version. Clients of the reference compare major and minor with their own 0.12."""
