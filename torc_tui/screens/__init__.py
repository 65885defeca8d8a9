"""Screens: they route between the server and the widgets."""
