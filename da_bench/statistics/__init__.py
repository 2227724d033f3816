"""Intervals, rank tests and verdicts: arrays in, numbers out.

May come in: a statistic of numbers. May not: the name of a column, a method or a file.
"""
