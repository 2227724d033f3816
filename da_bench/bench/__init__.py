"""Grids of runs, workers, the results store and tables."""
