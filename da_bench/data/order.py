"""The order of samples as a pure function of (seed, stream, step).

Nothing to save, nothing to drift.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from torch import Tensor
from torch.utils.data import Sampler


def spawn(seed: int, *stream: int) -> int:
    """An independent seed for a numbered stream of ``seed``: 63 bits, the same everywhere.

    SplitMix64 (Steele et al., OOPSLA 2014) folded over the numbers.
    """
    mask, state = 2**64 - 1, seed & (2**64 - 1)
    for part in (0, *stream):
        state = (state + 0x9E3779B97F4A7C15 * (part + 1)) & mask
        state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & mask
        state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & mask
        state ^= state >> 31
    return state >> 1


class Draw(NamedTuple):
    """Which samples a step takes, and the stream of what chance does to them."""

    index: Tensor  # type: ignore[assignment]  # hides tuple.index
    """``(n,)`` positions in the data set."""
    stream: tuple[int, ...] = (0,)

    @property
    def seed(self) -> int:
        """Seed of augmentation: the same at the same step, whichever worker or process does it."""
        return spawn(*self.stream)


class Order(Sampler[Draw]):
    """Batches of one domain, in passes: each pass is a permutation of its own.

    Batch ``t`` depends on ``seed``, ``stream`` and ``t`` alone, never on what a method drew or on
    the other domain's size. Hence two methods with one seed see the same batches, a resumed
    run continues where it stopped, and ranks take disjoint parts of one global batch.

    Args:
        size: Samples in the domain.
        batch_size: Samples a step, on each rank.
        steps: Batches that one iteration gives.
        seed: Seed of the order.
        stream: Number of the domain's stream under that seed.
        drop_last: A pass drops its remainder, instead of ending in a smaller batch.
        labels: ``(n,)`` classes; where given, each batch holds the classes in equal parts (their
            counts differ by one at most), and rare samples come more often.
        members: ``(k,)`` positions to draw from; None draws from all.
        start: Function that returns how many batches earlier iterations took.
        rank: Rank of this process.
        world: Number of processes.

    Raises:
        ValueError: The domain is empty, or ``drop_last`` would leave it without a batch.
    """

    def __init__(
        self,
        size: int,
        batch_size: int,
        steps: int | None = None,
        *,
        seed: int = 0,
        stream: int = 0,
        drop_last: bool = True,
        labels: Tensor | None = None,
        members: Tensor | None = None,
        start: Callable[[], int] = lambda: 0,
        rank: int = 0,
        world: int = 1,
    ) -> None:
        size = size if members is None else len(members)
        if size < 1:
            raise ValueError("a domain without samples can't be drawn from; check its path or name")
        if drop_last and batch_size * world > size:
            raise ValueError(
                f"batch_size={batch_size} on {world} process(es) is larger than the domain "
                f"({size} samples), and drop_last=True leaves no batch: "
                f"take batch_size <= {size // world}, or drop_last=False"
            )
        self.size, self.batch_size, self.seed, self.stream = size, batch_size, seed, stream
        self.start, self.rank, self.world, self.members = start, rank, world, members
        full_batches, remainder = divmod(size, batch_size * world)
        # A remainder too small to give every rank a sample is dropped, or ranks would wait.
        self.per_pass = full_batches + (not drop_last and remainder >= world)
        self.smallest = batch_size if self.per_pass == full_batches else remainder // world
        self.steps = self.per_pass if steps is None else steps
        classes = () if labels is None else labels.unique().tolist()
        self.classes = [(labels == c).nonzero()[:, 0] for c in classes if c >= 0]  # type: ignore[operator]
        self._pass: tuple[int, tuple[Tensor, ...]] = (-1, ())

    def __len__(self) -> int:
        """Batches that one iteration gives."""
        return self.steps

    def __iter__(self) -> Iterator[Draw]:
        """Yields ``steps`` batches from the position that ``start`` returns."""
        first = self.start()
        for step in range(first, first + self.steps):
            yield self.batch(step)

    def batch(self, step: int) -> Draw:
        """The batch of global position ``step``, on this rank."""
        number, place = divmod(step, self.per_pass)
        if self._pass[0] != number:
            self._pass = number, self.permutation(number).split(self.batch_size * self.world)
        index = self._pass[1][place]
        if self.world > 1:
            index = index.tensor_split(self.world)[self.rank]  # a stride could part the classes
        if self.members is not None:
            index = self.members[index]
        return Draw(index, (self.seed, self.stream, 1, step, self.rank))

    def permutation(self, number: int) -> Tensor:
        """The order of pass ``number``: ``(size,)`` positions."""
        if not self.classes:
            return self._shuffled(self.size, 2, number)
        order = torch.empty(self.size, dtype=torch.long)
        first = number * self.size  # position of the pass in the endless balanced stream
        for c, members in enumerate(self.classes):
            place = torch.arange((c - first) % len(self.classes), self.size, len(self.classes))
            pass_number = (first + place) // len(
                self.classes
            )  # the class's own stream, in its own passes
            passes = pass_number // len(members)
            low, high = int(passes.min()), int(passes.max())
            class_order = torch.cat(
                [self._shuffled(len(members), 3 + c, k) for k in range(low, high + 1)]
            )
            order[place] = members[class_order[pass_number - low * len(members)]]
        return order

    def _shuffled(self, size: int, *stream: int) -> Tensor:
        generator = torch.Generator().manual_seed(spawn(self.seed, self.stream, *stream))
        return torch.randperm(size, generator=generator)
