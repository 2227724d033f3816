"""Files and texts at the edge: read within bounds, written whole, made harmless where they leave.

May come in: how a kind of file is read or written safely, and where copies of files lie. May not:
what a file means to a method, a data set or a table. Imports nothing of the package.
"""
