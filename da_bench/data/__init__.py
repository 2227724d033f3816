"""Pairs of domains: the one data module, and the benchmarks that fill it."""

from .batch import Batch
from .own import Arrays, Datasets, Folders
from .pair import DomainPair
from .task import Classification, MultiLabel, Regression, Task
from .view import InMemory

__all__ = [
    "Arrays",
    "Batch",
    "Classification",
    "Datasets",
    "DomainPair",
    "Folders",
    "InMemory",
    "MultiLabel",
    "Regression",
    "Task",
]
