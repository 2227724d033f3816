import random
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch.utils.data import Dataset

from da_bench.data import Classification, DomainPair, InMemory, Regression
from da_bench.data.domain import grant_labels
from da_bench.data.order import spawn

SIZES = {"train": 40, "val": 10, "test": 20}


def samples(name, split, factor=1):
    """Inputs that tell where they come from, and classes in turn."""
    size, where = SIZES[split] * factor, sum(map(ord, name)) + 1000 * list(SIZES).index(split)
    x = torch.stack((torch.full((size,), float(where)), torch.arange(size) / 1.0), 1)
    return x, torch.arange(size) % 4


class Numbers(DomainPair):
    """Domains ``a``, ``b``, ... of known content; the target is twice as large."""

    def __init__(self, source="a", target="b", **kwargs):
        super().__init__(source, target, **{"batch_size": 8} | kwargs)
        self.task = Classification(4)

    def dataset(self, name, split):
        return InMemory(*samples(name, split, 2 if name in self.names("target") else 1))


class Noisy(Dataset):
    """Read one by one, with chance from all three global generators."""

    def __init__(self, x, y):
        self.x, self.targets = x, y

    def __len__(self):
        return len(self.x)

    def __getitem__(self, index):
        chance = torch.rand(()) + random.random() + float(np.random.rand())  # noqa: NPY002
        return self.x[index] + chance, int(self.targets[index])


class Augmented(Numbers):
    def dataset(self, name, split):
        return Noisy(*samples(name, split))


def batches(pair, epochs=1):
    done = 0
    pair._batches_done = lambda: done
    loader, found = pair.train_dataloader(), []
    for _ in range(epochs):
        epoch = list(loader)
        found += epoch
        done += len(epoch)
    return found


# Lengths and sizes.


@pytest.mark.parametrize(
    ("rule", "steps"), [("longest", 12), ("shortest", 5), ("source", 5), ("target", 12), (7, 7)]
)
def test_epoch_length(rule, steps):
    # 40 source samples make 5 batches of 8; 100 of the target make 12.
    assert len(batches(Numbers(epoch_length=rule))) == steps


def test_longest_may_be_the_source():
    assert len(batches(Numbers(batch_size=2, target_batch_size=50))) == 20


def test_batch_sizes_and_content():
    for batch in batches(Numbers(batch_size=8, target_batch_size=10)):
        source, target = batch["source"], batch["target"]
        assert source.x.shape == (8, 2)
        assert target.x.shape == (10, 2)
        assert torch.equal(source.x[:, 1], source.index.float())
        assert torch.equal(source.y, source.index % 4)


def test_keeping_the_remainder():
    pair = Numbers(batch_size=16, drop_last=False, epoch_length="source")
    assert [len(b["source"].y) for b in batches(pair)] == [16, 16, 8]


def test_balanced_sources():
    pair = Numbers(balanced=True, epoch_length=30)
    for batch in batches(pair):
        assert batch["source"].y.bincount(minlength=4).tolist() == [2, 2, 2, 2]
    pair.dataset = lambda name, split: [(torch.zeros(2), 0)] * 20
    pair._views = {}
    with pytest.raises(ValueError, match=r"balanced=True needs .* `targets`"):
        pair.orders()


# Hidden labels.


@pytest.mark.parametrize("cls", [Numbers, Augmented])
@pytest.mark.parametrize("target_test", ["held_out", "transductive"])
def test_no_target_label_reaches_training(cls, target_test):
    pair = cls(target_test=target_test)
    for batch in batches(pair, epochs=2):
        assert (batch["target"].y == -1).all()
        assert not batch["target"].labelled.any()
        assert (batch["source"].y >= 0).all()
        assert batch["source"].labelled.all()
    for batch in pair.sweep("target"):
        assert (batch.y == -1).all()


@pytest.mark.parametrize("cls", [Numbers, Augmented])
def test_granted_labels(cls):
    pair = cls(target_labels=20, target_dev=0.25, seed=3)
    train, dev = pair.view("target", "train"), pair.view("target", "dev")
    assert len(dev) == 5
    seen = {}
    for batch in batches(pair, epochs=2):
        target = batch["target"]
        assert torch.equal(target.y >= 0, target.labelled)
        index, y = target.index[target.labelled], target.y[target.labelled]
        seen |= dict(zip(index.tolist(), y.tolist(), strict=True))
    visible = train.visible.nonzero()[:, 0].tolist()
    assert sorted(seen) == visible
    assert len(visible) == 15
    truth = pair._target("b", "train")
    assert all(int(truth[i][1]) == y for i, y in seen.items())
    # Those of the development split are others: their labels stay hidden in training.
    chosen, kept = grant_labels(train.data, 20, 0.25, spawn(3, 9))
    assert sorted(chosen.tolist()) == visible
    assert not {*kept.tolist()} & {*visible}
    assert list(pair.evaluations("val")) == ["val/source", "val/target"]


def test_what_scores_a_validation_is_no_sample_of_a_test():
    """By its inputs: selection by val/target must see granted labels of the training set alone."""

    def content(view):
        first = torch.stack([torch.as_tensor(view.data[i][0]) for i in range(len(view))])
        return {tuple(row.round().tolist()) for row in first}

    pair = Numbers(target_labels=20, target_dev=0.25, seed=3, oracle_validation=True)
    scored = {name: content(view) for name, view in pair.evaluations("val").items()}
    tests = {name: content(view) for name, view in pair.evaluations("test").items()}
    assert len(scored["val/target"]) == 5
    assert scored["val/target"] == content(pair.view("target", "dev"))
    assert scored["val/target"] <= content(pair.view("target", "train"))
    for name in ("val/source", "val/target"):
        assert not scored[name] & tests["oracle/target"]
        assert not scored[name] & tests["test/source"]
    assert scored["oracle/val_target"] == tests["oracle/target"]
    assert scored["val/source"] == content(pair.view("source", "val"))
    dev = pair.view("target", "dev")
    batch = dev.__getitems__(list(range(5)))
    assert batch.y.tolist() == [int(dev.data[i][1]) for i in range(5)]  # and its labels are seen


def test_grants_follow_the_seed_and_the_number():
    def visible(**kwargs):
        return Numbers(**kwargs).view("target", "train").visible

    first, same, other = (visible(target_labels=20, seed=s) for s in (0, 0, 1))
    assert torch.equal(first, same)
    assert not torch.equal(first, other)
    assert first[visible(target_labels=5)].all()  # more labels extend fewer
    assert visible(target_labels="all").all()
    with pytest.raises(ValueError, match="target_labels=101: the target has 100"):
        Numbers(target_labels=101).view("target", "train")


def test_batches_of_granted_labels_alone():
    pair = Numbers(target_labels=6, target_sampling="labelled")
    for batch in batches(pair):
        assert batch["target"].labelled.all()
        assert len(batch["target"].y) == 6  # fewer labels than batch_size make one batch
    with pytest.raises(ValueError, match="finds no target label"):
        batches(Numbers(target_sampling="labelled"))


# Splits.


def test_held_out_or_transductive():
    """The target's val joins its training set; the test set is apart, or all of the target."""

    def content(view):
        return {tuple(row) for row in view.data.x.tolist()}

    held, trans = Numbers(), Numbers(target_test="transductive")
    assert len(held.view("target", "train")) == 2 * (40 + 10)
    assert len(held.view("target", "test")) == 2 * 20
    assert not content(held.view("target", "train")) & content(held.view("target", "test"))
    assert content(trans.view("target", "train")) == content(trans.view("target", "test"))
    assert len(trans.view("target", "test")) == 2 * 70
    assert len(trans.view("source", "train")) == 40


def test_what_is_evaluated():
    assert list(Numbers().evaluations("val")) == ["val/source"]
    assert list(Numbers(oracle_validation=True).evaluations("val")) == [
        "val/source",
        "oracle/val_target",
    ]
    assert list(Numbers().evaluations("test")) == ["test/source", "oracle/target"]
    several = Numbers("a", ["b", "c"]).evaluations("test")
    assert list(several) == ["test/source", "oracle/target/b", "oracle/target/c", "oracle/target"]
    assert len(several["oracle/target"]) == 2 * len(several["oracle/target/b"])
    (batch,) = Numbers().test_dataloader()[1]
    assert torch.equal(batch.y, torch.arange(40) % 4)
    (batch,) = Numbers().predict_dataloader()
    assert torch.equal(batch.index, torch.arange(40))


def test_a_sweep_gives_each_sample_once_in_order():
    pair = Numbers(eval_batch_size=7)
    index = torch.cat([batch.index for batch in pair.sweep("source")])
    assert torch.equal(index, torch.arange(40))


@pytest.mark.parametrize("cls", [Numbers, Augmented])
def test_several_sources_tell_their_domain(cls):
    pair = cls(["a", "b"], "c", batch_size=16)
    assert len(pair.view("source", "train")) == 80
    counts = torch.zeros(2)
    for batch in batches(pair):
        source = batch["source"]
        assert torch.equal(source.domain, source.index // 40)
        if cls is Numbers:
            name = torch.tensor([float(ord("a")), float(ord("b"))])
            assert torch.equal(source.x[:, 0], name[source.domain])
        counts += source.domain.bincount(minlength=2)
        assert (batch["target"].domain == 0).all()
    assert (counts > 0).all()


# Other inputs and tasks.


class Trees(Numbers):
    def dataset(self, name, split):
        x, y = samples(name, split)
        return InMemory({"tokens": x.long(), "parts": (x, x[:, 0])}, y)


def test_trees_of_tensors():
    pair = Trees(["a", "b"], "c", target_labels=3)
    pair.setup()
    source = batches(pair)[0]["source"]
    assert source.x["tokens"].shape == (8, 2)
    assert source.x["tokens"].dtype == torch.long
    assert torch.equal(source.x["parts"][0][:, 0], source.x["parts"][1])
    assert torch.equal(source.x["tokens"][:, 1], source.index % 40)


class Prices(Numbers):
    def __init__(self, outputs=1, lazy=False, **kwargs):
        super().__init__(**kwargs)
        self.task, self.lazy = Regression(outputs), lazy

    def dataset(self, name, split):
        x, y = samples(name, split)
        y = y / 2 if self.task.outputs == 1 else torch.stack((y, -y), 1) / 2
        return list(zip(x, y.double().numpy(), strict=True)) if self.lazy else InMemory(x, y)


@pytest.mark.parametrize("outputs", [1, 2])
@pytest.mark.parametrize("lazy", [False, True])
def test_regression_hides_by_nan(outputs, lazy):
    pair = Prices(outputs, lazy, target_labels=10)
    pair.setup()
    for batch in batches(pair):
        source, target = batch["source"], batch["target"]
        assert source.y.dtype == target.y.dtype == torch.float32
        assert source.y.shape == ((8,) if outputs == 1 else (8, 2))
        assert torch.equal(target.y.isnan().reshape(8, -1).all(1), ~target.labelled)
        assert not source.y.isnan().any()


# Determinism.


def plain(found):
    return [leaf for batch in found for side in ("source", "target") for leaf in batch[side]]


def same(one, other):
    return all(torch.equal(a, b) for a, b in zip(plain(one), plain(other), strict=True))


@pytest.mark.filterwarnings("ignore")
def test_workers_change_nothing_and_touch_no_global_generator():
    random.seed(5), np.random.seed(5), torch.manual_seed(5)  # noqa: NPY002
    before = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].copy()  # noqa: NPY002
    alone = batches(Augmented(), epochs=2)
    assert torch.equal(before[0], torch.get_rng_state())
    assert before[1] == random.getstate()
    assert (before[2] == np.random.get_state()[1]).all()  # noqa: NPY002
    torch.manual_seed(6)
    shared = batches(Augmented(num_workers=2), epochs=2)
    assert same(alone, shared)
    assert torch.equal(torch.get_rng_state(), torch.Generator().manual_seed(6).get_state())
    assert not same(alone, batches(Augmented(seed=1), epochs=2))
    noise = torch.cat([b["source"].x[:, 1] - b["source"].index for b in alone])
    assert len(noise.unique()) > len(noise) / 2  # drawn anew for each sample and step


def test_source_batches_do_not_depend_on_the_target():
    class Larger(Numbers):
        def dataset(self, name, split):
            return InMemory(*samples(name, split, 3 if name == "b" else 1))

    one, other = (batches(cls(epoch_length=20), 2) for cls in (Numbers, Larger))
    assert all(
        torch.equal(a["source"].index, b["source"].index) for a, b in zip(one, other, strict=True)
    )


def test_ranks_share_a_step():
    found = []
    for rank in (0, 1):
        pair = Numbers(balanced=True)
        pair.trainer = SimpleNamespace(global_rank=rank, world_size=2, lightning_module=None)
        found.append(batches(pair))
    for one, other in zip(*found, strict=True):
        for side in ("source", "target"):
            assert not {*one[side].index.tolist()} & {*other[side].index.tolist()}
        assert one["source"].y.bincount(minlength=4).tolist() == [2, 2, 2, 2]


# What check.py says.


def faulty(change, **kwargs):
    class Faulty(Numbers):
        def dataset(self, name, split):
            x, y = samples(name, split)
            return InMemory(*change(name, x, y))

    return Faulty(**kwargs)


def only_b(function):
    return lambda name, x, y: function(x, y) if name == "b" else (x, y)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x, y: (x[:0], y[:0]), "target 'b': a domain without samples"),
        (lambda x, y: (x, y + 1), "target 'b': label 4 lies outside the classes 0..3"),
        (lambda x, y: (x, y - 2), "target 'b': label -2 lies outside"),
        (lambda x, y: (x, y.float()), "labels have dtype torch.float32"),
        (
            lambda x, y: (x, y.clamp_max(2)),
            r"classes only in source 'a': \[3\]; only in target 'b': \[\]",
        ),
        (
            lambda x, y: (torch.where(y[:, None] == 3, torch.nan, x), y),
            "sample 3 holds NaN or infinity",
        ),
        (lambda x, y: (x / 0, y), "sample 0 holds NaN or infinity"),
        (lambda x, y: (x[:, :1], y), r"shape \[\(2,\)\], target 'b' \[\(1,\)\].*target_encoder"),
    ],
)
def test_faults_are_named_before_training(change, message):
    with pytest.raises(ValueError, match=message):
        faulty(only_b(change)).setup()


def test_what_may_be_meant_is_allowed():
    faulty(only_b(lambda x, y: (x, y.clamp_max(2))), allow_class_mismatch=True).setup()
    faulty(only_b(lambda x, y: (x, torch.full_like(y, -1)))).setup()  # an unlabelled target
    pair = faulty(only_b(lambda x, y: (x[:, :1], y)))
    pair.trainer = SimpleNamespace(
        lightning_module=SimpleNamespace(target_encoder=torch.nn.Identity())
    )
    pair.setup()


def test_a_test_split_may_lack_a_rare_class():
    class Rare(Numbers):
        def dataset(self, name, split):
            x, y = samples(name, split)
            return InMemory(x, y.clamp_max(2) if split == "test" else y)

    Rare().setup()


def test_a_batch_larger_than_the_domain():
    with pytest.raises(ValueError, match=r"batch_size=64 .*larger than the domain \(40 samples\)"):
        batches(Numbers(batch_size=64))
    assert len(batches(Numbers(batch_size=64, drop_last=False))) == 2


def test_a_benchmark_without_data_says_so():
    with pytest.raises(NotImplementedError, match="DomainPair gives no dataset"):
        DomainPair("a", "b").dataset("a", "train")


def test_granted_labels_and_a_transductive_test_exclude_each_other():
    pair = Numbers(target_labels=20, target_test="transductive")
    with pytest.raises(ValueError, match="held_out"):
        pair.setup()


def test_only_known_labels_are_granted():
    y = torch.tensor([0, -1, 1, -1, 0])
    chosen, _ = grant_labels(InMemory(torch.zeros(5, 1), y), "all", 0.0, 0)
    assert sorted(chosen.tolist()) == [0, 2, 4]
    with pytest.raises(ValueError, match="3 labelled samples"):
        grant_labels(InMemory(torch.zeros(5, 1), y), 4, 0.0, 0)


@pytest.mark.parametrize("reduction", ["mean", "none"])
def test_hidden_labels_cost_nothing(reduction):
    task, logits = Classification(3), torch.randn(4, 3, requires_grad=True)
    hidden = task.loss(logits, torch.full((4,), -1), reduction)
    assert (hidden == 0).all()
    hidden.sum().backward()
    assert (logits.grad == 0).all()
    mixed = task.loss(logits, torch.tensor([0, -1, 2, -1]), reduction)
    alone = torch.nn.functional.cross_entropy(
        logits[::2], torch.tensor([0, 2]), reduction=reduction
    )
    torch.testing.assert_close(mixed if reduction == "mean" else mixed[::2], alone)


def test_a_regression_counts_each_known_output_once():
    task, nan = Regression(2), float("nan")
    y = torch.tensor([[1.0, 2.0], [1.0, nan], [nan, nan]])
    logits = torch.zeros(3, 2)
    assert task.loss(logits, y, "none").tolist() == [2.5, 1.0, 0.0]
    assert task.loss(logits, y).item() == 1.75  # over the two samples that have a label
    assert task.loss(logits, torch.full((3, 2), nan)).item() == 0
