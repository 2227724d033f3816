"""Pairs of domains: the one data module, and the benchmarks that fill it."""

# Imports from folders below, and __all__: written by "python -m tests.generated".
from .arrays import Arrays, Datasets, Folders
from .batch import Batch
from .benchmarks.amazon_reviews import AmazonReviews
from .benchmarks.digit_images import DigitImages
from .benchmarks.digits import Digits
from .benchmarks.domainnet import DomainNet
from .benchmarks.office31 import Office31, Office31Features
from .benchmarks.office_caltech import OfficeCaltech
from .benchmarks.office_home import OfficeHome
from .benchmarks.pacs import PACS
from .benchmarks.skada_shifts import SkadaShifts
from .benchmarks.toy import Moons, ShiftedGaussians
from .benchmarks.ucihar import UCIHAR
from .benchmarks.visda2017 import VisDA2017
from .domain import InMemory
from .pair import DomainPair
from .task import Classification, MultiLabel, Regression, Task

__all__ = [
    "PACS",
    "UCIHAR",
    "AmazonReviews",
    "Arrays",
    "Batch",
    "Classification",
    "Datasets",
    "DigitImages",
    "Digits",
    "DomainNet",
    "DomainPair",
    "Folders",
    "InMemory",
    "Moons",
    "MultiLabel",
    "Office31",
    "Office31Features",
    "OfficeCaltech",
    "OfficeHome",
    "Regression",
    "ShiftedGaussians",
    "SkadaShifts",
    "Task",
    "VisDA2017",
]
