"""The report and the local app: both show what ``results`` reads, by ``da_bench.figures``."""
