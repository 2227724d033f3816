"""What one DANN step costs: a bare loop, da_bench through Lightning, SKADA's deep DANN.

python experiments/speed/step.py [--steps 600] [--repetitions 5]

da_bench is timed twice: with the shortcuts past what Lightning does at each step and nothing here
needs, as every training takes them, and with them off (lightning_shortcuts: false), which leaves
every step to Lightning.

One network (800 -> 256 -> 10, critic 256 -> 256 -> 1), batches of 64 + 64, float32, SGD with
momentum, one thread. The bare loop takes its batches from two tensors, in the order that da_bench's
sampler gives, from the same initial weights; all must end at the same loss, da_bench with and
without shortcuts to the last bit. A second bare loop finds its batches cut beforehand, which spares
it all reading.
The sides alternate. A ratio is the median of the ratios of neighbours, once by the wall's seconds
and once by the processor's, which other work on the machine disturbs less.
SKADA (pip install "da_bench[speed]") is left out where it is not installed; its own critic loss and
sampler make its loss another number.
"""

import argparse
import contextlib
import io
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from lightning.pytorch import Trainer, seed_everything
from lightning.pytorch.callbacks import TQDMProgressBar
from lightning.pytorch.loggers import CSVLogger

from da_bench.callbacks import RandomStreams
from da_bench.data import Classification, DomainPair, InMemory
from da_bench.functional import grad_reverse, ramp
from da_bench.methods import DANN, OptimizerFactory
from da_bench.methods.lightning_shortcuts import quiet
from da_bench.networks import MLP

WIDTH, HIDDEN, CLASSES, BATCH, PASS = 800, 256, 10, 64, 100
LR, MOMENTUM = 0.01, 0.9


class Blobs(DomainPair):
    """Random numbers: as many as one pass of 100 batches takes."""

    def __init__(self) -> None:
        super().__init__("a", "bb", batch_size=BATCH)
        self.task = Classification(CLASSES)

    def dataset(self, name: str, split: str) -> InMemory:
        """Features ``(n, 800)`` and labels."""
        generator = torch.Generator().manual_seed(len(name))
        n = BATCH * PASS if split == "train" else 0
        x = torch.randn(n, WIDTH, generator=generator)
        return InMemory(x, torch.randint(CLASSES, (n,), generator=generator))


def model(cls: type[DANN] = DANN) -> Any:
    """The same fresh weights each time."""
    seed_everything(0, verbose=False)
    encoder = MLP(WIDTH, [HIDDEN])
    optimizer = OptimizerFactory(lr=LR, options={"momentum": MOMENTUM})
    return cls(encoder, Classification(CLASSES), optimizer=optimizer, hidden=[HIDDEN])


class Times(NamedTuple):
    """Seconds by the wall and of the processor: of a moment, or between two."""

    wall: float
    processor: float

    def until_now(self) -> "Times":
        """The seconds that have passed since this moment."""
        end = now()
        return Times(end.wall - self.wall, end.processor - self.processor)


def now() -> Times:
    """This moment by both clocks."""
    return Times(time.perf_counter(), time.process_time())


def bare(steps: int, cut: bool) -> tuple[Times, float]:
    """A hand-written loop over prepared tensors; its time and the last loss.

    It takes its batches from the two tensors step by step, or finds them ``cut`` beforehand.
    """
    made, data = model(), Blobs()
    data.setup()
    orders = data.orders()
    views = {role: data.view(role, "train") for role in orders}
    sides = [(views[r].data.x, views[r].data.y, o) for r, o in orders.items()]  # type: ignore
    index = [tuple(order.batch(step).index for *_, order in sides) for step in range(steps)]
    (xs, ys, _), (xt, _, _) = sides
    batches: Any = ((xs.index_select(0, i), ys[i], xt.index_select(0, j)) for i, j in index)
    if cut:
        batches = list(batches)
    encoder, head, critic = made.encoder, made.head, made.critic
    optimizer = torch.optim.SGD(made.parameters(), lr=LR, momentum=MOMENTUM)
    began = now()
    for step, (x, y, other) in enumerate(batches):
        z = encoder(torch.cat((x, other)))
        logits = head(z[: len(x)])
        domains = critic(grad_reverse(z, ramp(step / steps)))[:, 0]
        risk = F.cross_entropy(logits, y)
        domain_risk = F.softplus(-domains[: len(x)]).mean() + F.softplus(domains[len(x) :]).mean()
        loss = risk + 0.5 * domain_risk
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return began.until_now(), float(loss.detach())


class Timed(DANN):
    """DANN that reads the clock as its first step begins and after its last."""

    def on_train_start(self) -> None:
        """Begins."""
        self.last: list[torch.Tensor] = []
        self.began = now()

    def training_step(self, batch: Any, batch_idx: int) -> torch.Tensor:
        """Keeps the loss: a reference, not a number, and not as the module's own."""
        self.last[:] = [super().training_step(batch, batch_idx)]
        return self.last[0]

    def on_train_end(self) -> None:
        """Ends."""
        self.times = self.began.until_now()


def ours(steps: int, shortcuts: bool) -> tuple[Times, float]:
    """da_bench with its default trainer: progress bar, logger, random streams."""
    made = model(Timed)
    made.lightning_shortcuts = shortcuts
    trainer = Trainer(
        max_epochs=steps // PASS, accelerator="cpu", logger=CSVLogger(tempfile.mkdtemp()),
        enable_checkpointing=False, enable_model_summary=False, num_sanity_val_steps=0,
        use_distributed_sampler=False,
        callbacks=[RandomStreams(0), TQDMProgressBar(refresh_rate=20)],
    )  # fmt: skip
    with contextlib.redirect_stdout(io.StringIO()):
        trainer.fit(made, Blobs())
    return made.times, float(made.last[0].detach())


def skada(steps: int) -> tuple[Times, float]:
    """SKADA's deep DANN for as many steps of as many samples."""
    import numpy as np
    from skada.deep import DANN as Deep
    from torch import nn

    data = Blobs()
    source, target = data.dataset("a", "train"), data.dataset("bb", "train")
    seed_everything(0, verbose=False)
    net = nn.Sequential()
    net.add_module("encoder", nn.Sequential(nn.Linear(WIDTH, HIDDEN), nn.ReLU()))
    net.add_module("head", nn.Linear(HIDDEN, CLASSES))
    critic = nn.Sequential(
        nn.Linear(HIDDEN, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, 1), nn.Sigmoid(), nn.Flatten(0)
    )
    deep = Deep(
        net, layer_name="encoder", domain_classifier=critic, reg=1, batch_size=BATCH,
        max_epochs=steps // PASS, optimizer=torch.optim.SGD, optimizer__lr=LR,
        optimizer__momentum=MOMENTUM, train_split=None, verbose=0,
    )  # fmt: skip
    x = torch.cat((source.x, target.x)).numpy()
    y = np.concatenate((source.y.numpy(), np.full(len(target), -1)))
    domain = np.concatenate((np.ones(len(source), int), np.full(len(target), -2)))
    from skorch.callbacks import Callback as Listener

    class Count(Listener):
        steps = 0

        def on_batch_end(self, net: object, training: bool = False, **kwargs: object) -> None:
            self.steps += training

    count = Count()
    deep.set_params(callbacks=[("count", count)])
    began = now()
    deep.fit(x, y, sample_domain=domain)
    share = steps / count.steps
    return Times(*(s * share for s in began.until_now())), float(deep.history[-1]["train_loss"])


def main() -> None:
    """Times the sides in turn and prints the ratios."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--steps", type=int, default=600, help="a multiple of 100")
    parser.add_argument("--repetitions", type=int, default=5)
    args = parser.parse_args()
    torch.set_num_threads(1)
    quiet()
    sides: dict[str, Callable[[], tuple[Times, float]]] = {
        "bare loop": partial(bare, args.steps, False),
        "the same, batches cut beforehand": partial(bare, args.steps, True),
        "da_bench": partial(ours, args.steps, True),
        "da_bench, shortcuts off": partial(ours, args.steps, False),
    }
    try:
        skada(PASS)
        sides["SKADA"] = partial(skada, args.steps)
    except ImportError as error:
        print(f"SKADA is left out: {error}")
    for side in sides.values():
        side()  # warm-up
    times: dict[str, list[Times]] = {name: [] for name in sides}
    losses: dict[str, float] = {}
    for _ in range(args.repetitions):
        for name, side in sides.items():
            spent, losses[name] = side()
            times[name].append(spent)
    for name, spent in times.items():
        pairs = list(zip(spent, times["bare loop"], strict=True))
        wall = statistics.median(one.wall / base.wall for one, base in pairs)
        processor = statistics.median(one.processor / base.processor for one, base in pairs)
        step = statistics.median(one.wall for one in spent) / args.steps * 1e6
        print(
            f"{name:32} {step:7.0f} us a step   {wall:.2f}x by the wall   "
            f"{processor:.2f}x by the processor   final loss {losses[name]:.6f}"
        )
    if losses["da_bench"] != losses["da_bench, shortcuts off"]:
        raise SystemExit("the final losses differ: the shortcuts change the result")
    if abs(losses["bare loop"] - losses["da_bench"]) > 1e-4 * abs(losses["bare loop"]):
        raise SystemExit("the final losses differ: the two sides do not do the same")


if __name__ == "__main__":
    main()
