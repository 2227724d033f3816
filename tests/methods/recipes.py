"""A method as its YAML makes it, and what its training step descends on samples of a test's own."""

from contextlib import ExitStack
from unittest.mock import patch

import torch
from jsonargparse import ArgumentParser

from da_bench.config.layers import merge, read
from da_bench.data import Batch, Classification
from da_bench.methods import DomainAdapter
from da_bench.methods.encoded import Encoded

WIDE, CLASSES = 5, 3
NETWORK = {"class_path": "da_bench.networks.MLP", "init_args": {"in_features": 4, "hidden": [WIDE]}}


def recipe(name, **options):
    """The method of ``experiments/methods/NAME.yaml`` in double precision, on a small network."""
    torch.manual_seed(0)
    own = {"encoder": NETWORK, "task": {"class_path": f"da_bench.data.{Classification.__name__}",
                                        "init_args": {"classes": CLASSES}}}  # fmt: skip
    given = merge(read("methods", name)["model"], {"init_args": merge(own, options)})
    parser = ArgumentParser(exit_on_error=False)
    parser.add_subclass_arguments(DomainAdapter, "model", fail_untyped=False)
    return parser.instantiate_classes(parser.parse_object({"model": given})).model.double()


def encoded(n, seed, scale=1.0):
    """Samples whose features and logits are leaves: what a loss pulls at is read off them."""
    draw = torch.Generator().manual_seed(seed)
    z, logits = (
        (scale * torch.randn(n, d, generator=draw, dtype=torch.double)).requires_grad_()
        for d in (WIDE, CLASSES)
    )
    y = torch.arange(n) % CLASSES
    return Encoded(None, y, y >= 0, y * 0, torch.arange(n), z, logits, {})


def batch(n, seed):
    """Inputs ``(n, 4)`` with labels of every class."""
    x = torch.randn(n, 4, generator=torch.Generator().manual_seed(seed), dtype=torch.double)
    y = torch.arange(n) % CLASSES
    return Batch(x, y, y >= 0, y * 0, torch.arange(n))


def begun(model, **stubs):
    """The model after the hook that starts an epoch; ``stubs`` replace what a trainer does."""
    with ExitStack() as stack:
        for name, stub in stubs.items():
            stack.enter_context(patch.object(type(model), name, stub))
        model.on_train_epoch_start()
    return model


def stepped(model, given, progress=0.3, encodes=None):
    """What a training step descends; ``encodes`` stands for what the network makes of the batch."""
    cls = type(model)
    with ExitStack() as stack:
        stack.enter_context(patch.object(cls, "progress", progress))
        stack.enter_context(patch.object(cls, "record", lambda self, terms: None))
        if encodes:
            stack.enter_context(patch.object(cls, "encode", lambda self, batch: encodes))
        return model.training_step(given, 0)


def risk(source):
    """Mean of minus the log probability of the label."""
    return -source.logits.log_softmax(1)[torch.arange(len(source.y)), source.y].mean()


def same_gradients(found, expected, of):
    """Both losses pull alike at each tensor, and not at all where the other does not."""
    pulls = (
        torch.autograd.grad(loss, of, retain_graph=True, materialize_grads=True)
        for loss in (found, expected)
    )
    for one, other in zip(*pulls, strict=True):
        torch.testing.assert_close(one, other)
