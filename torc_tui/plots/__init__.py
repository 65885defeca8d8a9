"""Plots of what jobs used: figures for plotly.js, pages that hold them, and plots as text."""
