"""The torc server: Litestar application, SQLModel tables and the rules of a workflow's life."""
