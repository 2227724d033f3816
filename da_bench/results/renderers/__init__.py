"""Cells as text, one file for each medium: terminal, Markdown, LaTeX, CSV.

May come in: how a table or a number is written. May not: how it was computed.
"""
