"""da_bench: domain adaptation, one method a file."""

__version__ = "0.1.0"
