"""Requests that come again, because their reply was lost: known by their keys."""
