"""The baseline every method must beat."""

from da_bench.methods.base import DomainAdapter


class SourceOnly(DomainAdapter):
    """Empirical risk on the source; the target is never looked at."""

    source_only = True
