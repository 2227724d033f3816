"""How far two data sets lie apart, and what kind of shift lies between them.

May come in: a measure of two samples, and how its figures are shown. May not: what trains a network
to measure; that belongs to ``runs``.
"""
