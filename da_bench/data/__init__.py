"""Pairs of domains: the one data module, and the benchmarks that fill it."""

from .batch import Batch
from .pair import DomainPair
from .task import Classification, Regression, Task
from .view import InMemory

__all__ = ["Batch", "Classification", "DomainPair", "InMemory", "Regression", "Task"]
