import pytest
import torch

from da_bench.callbacks import KeepBest
from da_bench.callbacks.selections import Selections
from da_bench.methods import DANN
from tests.conftest import equal, fit, small

ORACLE = "oracle/val_target"


def scored(model, trainer, data):
    return {k: v for loader in trainer.test(model, data, verbose=False) for k, v in loader.items()}


def hard(**kwargs):
    return small(oracle_validation=True, **kwargs)


def test_training_and_the_run_s_own_score_are_untouched():
    callbacks = [Selections(["last", "val/source", ORACLE]), KeepBest()]
    watched = fit(DANN, hard(), epochs=4, callbacks=callbacks)
    plain = fit(DANN, hard(), epochs=4, callbacks=[KeepBest()])
    one, other = scored(*watched), scored(*plain)
    assert equal(watched[0], plain[0])
    assert {k: v for k, v in one.items() if "@" not in k} == other
    assert equal(watched[0], plain[0])  # testing put the weights back


def test_after_a_test_the_weights_are_those_from_before_it():
    """Even where the choice that is scored last is another one."""
    chosen = Selections([ORACLE, "val/source"])
    model, trainer, data = fit(DANN, hard(), epochs=3, callbacks=[chosen])
    for weights in chosen.weights.values():
        for value in weights.values():
            value.mul_(0)
    before = {k: v.clone() for k, v in model.state_dict().items()}
    trainer.test(model, data, verbose=False)
    assert all(torch.equal(v, before[k]) for k, v in model.state_dict().items())


def test_after_a_test_that_fails_too(monkeypatch):
    from da_bench.callbacks import selections

    model, trainer, data = fit(DANN, hard(), epochs=2, callbacks=[chosen := Selections()])
    for weights in chosen.weights.values():
        for value in weights.values():
            value.mul_(0)
    before = {k: v.clone() for k, v in model.state_dict().items()}

    def fails(*args):
        raise RuntimeError("broken")

    monkeypatch.setattr(selections, "scores", fails)
    with pytest.raises(RuntimeError, match="broken"):
        trainer.test(model, data, verbose=False)
    assert all(torch.equal(v, before[k]) for k, v in model.state_dict().items())


def test_each_column_is_what_a_run_so_chosen_gives():
    callbacks = [Selections(["last", "val/source", ORACLE]), KeepBest()]
    found = scored(*fit(DANN, hard(), epochs=6, callbacks=callbacks, seed=3))
    last = scored(*fit(DANN, hard(), epochs=6, seed=3))
    source = scored(*fit(DANN, hard(), epochs=6, callbacks=[KeepBest()], seed=3))
    chosen = KeepBest(ORACLE, allow_oracle=True)
    oracle = scored(*fit(DANN, hard(), epochs=6, callbacks=[chosen], seed=3))
    for name in ("oracle/target", "test/source"):
        assert found[f"{name}@last"] == last[name]
        assert found[f"{name}@val/source"] == source[name]
        assert found[f"{name}@{ORACLE}"] == oracle[name]
    # On moons, whose target test set is what the oracle looked at, none can do better.
    assert found[f"oracle/target@{ORACLE}"] >= max(last["oracle/target"], source["oracle/target"])


def test_columns_of_target_scores_are_named_as_oracles():
    found = scored(*fit(DANN, small(), callbacks=[Selections()]))
    assert {k for k in found if "@" in k} == {
        f"{name}@{m}" for name in ("oracle/target", "test/source") for m in ("last", "val/source")
    }


def test_it_goes_before_what_puts_weights_back():
    with pytest.raises(ValueError, match="before KeepBest"):
        fit(DANN, small(), callbacks=[KeepBest(), Selections()])


def test_an_unknown_monitor_is_named():
    with pytest.raises(ValueError, match="val/nonsense"):
        fit(DANN, small(), callbacks=[Selections(["val/nonsense"])])
    with pytest.raises(ValueError, match="oracle_validation"):
        fit(DANN, small(), callbacks=[Selections([ORACLE])])


def test_a_resume_takes_up_the_best():
    first, second = Selections(), Selections()
    model, _, _ = fit(DANN, small(), epochs=2, callbacks=[first])
    second.load_state_dict(first.state_dict())
    assert second.best == first.best
    assert torch.equal(
        second.weights["val/source"]["head.bias"], first.weights["val/source"]["head.bias"]
    )
    assert torch.equal(second.weights["last"]["head.bias"], model.head.bias)
