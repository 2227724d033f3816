"""The report and the local app: both show what ``results`` reads, by ``da_bench.figures``.

May come in: pages, and the panels on them. May not: how a number is computed or a figure drawn.
"""
