"""Finished runs as rows, and everything that is computed from rows.

May come in: how rows are stored, found, checked, summed up, compared and chosen. May not: what
trains, and what imports torch or Lightning to show a table.
"""
