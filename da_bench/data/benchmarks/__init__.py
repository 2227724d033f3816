"""The benchmarks: one file for each, which says what its domains are and how they are split.

May come in: a published data set, or one that is made on the spot. May not: a user's own data.
"""
