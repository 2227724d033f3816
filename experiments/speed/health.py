"""What watching a training's health costs: the same DANN training with and without it.

python experiments/speed/health.py [--steps 600] [--repetitions 9]

The network, data and trainer of step.py (800 -> 256 -> 10, critic 256 -> 256 -> 1, 64 + 64 samples,
one thread); an epoch is 100 steps. Sides alternate within one process, first one then the other in
front; the ratio is the median of the ratios of neighbours, by the processor's seconds and by the
wall's, which other work on the machine disturbs. What the looks take by a clock of their own stands
beside it. Both sides must end at the same loss, to the last bit.
"""

import argparse
import contextlib
import io
import statistics
import tempfile
import time

import torch
from lightning.pytorch import Trainer
from lightning.pytorch.callbacks import TQDMProgressBar
from lightning.pytorch.loggers import CSVLogger
from step import PASS, Blobs, Timed, model

from da_bench.callbacks import Health, RandomStreams
from da_bench.methods.lightning_shortcuts import quiet


class Clocked(Health):
    """Adds up the processor's seconds of its looks, the first and last ones included."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds, self.looks = 0.0, 0

    def see(self, *args: object, **kwargs: object) -> None:
        """Looks, by the clock."""
        began = time.process_time()
        super().see(*args, **kwargs)  # type: ignore[arg-type]
        self.seconds += time.process_time() - began
        self.looks += 1


def trained(steps: int, callbacks: list[Health]) -> tuple[float, float, float]:
    """Seconds by the wall and of the processor, from the first step to the last; the last loss."""
    made = model(Timed)
    trainer = Trainer(
        max_epochs=steps // PASS, accelerator="cpu", logger=CSVLogger(tempfile.mkdtemp()),
        enable_checkpointing=False, enable_model_summary=False, num_sanity_val_steps=0,
        use_distributed_sampler=False,
        callbacks=[RandomStreams(0), *callbacks, TQDMProgressBar(refresh_rate=20)],
    )  # fmt: skip
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        trainer.fit(made, Blobs())
    return *made.times, float(made.last[0].detach())


def main() -> None:
    """Times both in turn and prints the ratio."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--steps", type=int, default=600, help="a multiple of 100")
    parser.add_argument("--repetitions", type=int, default=9)
    args = parser.parse_args()
    torch.set_num_threads(1)
    quiet()
    trained(args.steps, [])
    trained(args.steps, [Health()])
    wall, cpu, steps, losses = [], [], [], set()
    watched = Clocked()
    for repetition in range(args.repetitions):
        took = {}
        for on in (True, False) if repetition % 2 else (False, True):
            watched.records, watched.findings = [], []
            *took[on], loss = trained(args.steps, [watched] if on else [])
            losses.add(loss)
        wall.append(took[True][0] / took[False][0])
        cpu.append(took[True][1] / took[False][1])
        steps.append(took[False][1] / args.steps)
    step, look = statistics.median(steps), watched.seconds / watched.looks
    count = watched.looks / args.repetitions
    print(f"processor: a step {step * 1e6:.0f} us, a look {look * 1e6:.0f} us: {look / step:.1f}")
    print(f"{count:.0f} looks in {args.steps} steps: {count * look / (step * args.steps):.2%}")
    for name, ratios in (("processor", cpu), ("wall", wall)):
        print(f"{name}, on over off: median {statistics.median(ratios):.4f}, "
              f"from {min(ratios):.3f} to {max(ratios):.3f}")  # fmt: skip
    if len(losses) != 1:
        raise SystemExit(f"the final losses differ: {losses}")


if __name__ == "__main__":
    main()
