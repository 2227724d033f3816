"""Two moons, rotated (stand-in by the lead until the data helper's file lands)."""

import math
from typing import Any

import torch

from .pair import DomainPair, Split
from .task import Classification
from .view import InMemory


class Moons(DomainPair):
    def __init__(self, source: str | list[str] = "0", target: str | list[str] = "35", size: int = 512, noise: float = 0.1, **kwargs: Any) -> None:
        super().__init__(source, target, **kwargs)
        self.size, self.noise = size, noise
        self.task = Classification(2)

    def dataset(self, name: str, split: Split) -> InMemory:
        seed = int(float(name)) * 3 + ("train", "val", "test").index(split) + 7000
        generator = torch.Generator().manual_seed(seed)
        y = torch.arange(self.size) % 2
        angle = math.pi * (torch.rand(self.size, generator=generator) + y)
        x = torch.stack((angle.cos() + y - 0.5, angle.sin() + 0.5 * y - 0.25), 1)
        x += self.noise * torch.randn(x.shape, generator=generator)
        turn = math.radians(float(name))
        rotation = torch.tensor([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]])
        return InMemory(x @ rotation, y)
