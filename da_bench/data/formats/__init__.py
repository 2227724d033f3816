"""From the user's files and arrays to tensors: one file for each format.

May come in: how a format is read, and what it gives. May not: how domains are paired.
"""
