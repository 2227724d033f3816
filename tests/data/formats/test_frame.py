"""Frames of pandas are tables: columns by name, or by place where they have none."""

import numpy as np
import pandas as pd
import pytest
import torch

from da_bench.data.arrays import Arrays

RNG = np.random.default_rng(0)


def test_frames_are_tables(tmp_path):
    frame = pd.DataFrame({"a": [1.0, 2, 3, 4], "b": [5, 6, 7, 8], "y": list("uvuv")})
    made = Arrays(source_x=frame, target_x=frame[["b", "a"]].set_index(pd.Index(list("pqrs"))))
    assert made.whole("source").x.tolist() == made.whole("target").x.tolist()
    assert made.task.names == ["u", "v"]
    assert made.whole("source").x.shape == (4, 2)  # the label is no feature
    (tmp_path / "t.csv").write_text("b,a\n5,1\n6,2\n7,3\n8,4\n")
    mixed = Arrays(source_x=frame, target_x=str(tmp_path / "t.csv"))
    assert torch.equal(mixed.whole("target").x, made.whole("source").x)
    for wrong, says in [
        (frame.assign(c="red"), "column 'c' is not numeric"),
        (frame.assign(c=pd.Categorical(list("xyxy"))), "column 'c' is not numeric"),
        (frame.assign(c=pd.to_datetime("2020-01-01")), "column 'c' is not numeric"),
        (frame.assign(c=pd.array([1, None, 2, 3], dtype="Int64")), r"source_x, row 1 .*column 'c'"),
        (frame.assign(target=0), "'y' and 'target' may each be the label"),
        (pd.concat([frame, frame[["a"]]], axis=1), "two columns are called 'a'"),
        (frame.assign(c=np.inf), "row 0 .*column 'c' holds inf"),
    ]:
        with pytest.raises(ValueError, match=says):
            Arrays(source_x=wrong, target_x=wrong)
    leads = frame.rename(columns={"b": "Unnamed: 0"})[["Unnamed: 0", "a", "y"]]
    with pytest.warns(UserWarning, match="left out"):
        indexed = Arrays(source_x=leads, target_x=frame[["a"]])
    assert indexed.columns["source"]["names"] == ["a"]
    x, y = frame[["a", "b"]], frame["y"]
    with pytest.raises(ValueError, match="same index in another order"):
        Arrays(source_x=x, source_y=y[::-1], target_x=x)


def test_frames_without_names_and_trees_by_key():
    x = RNG.normal(size=(4, 2)).astype(np.float32)
    made = Arrays(source_x=pd.DataFrame(x), source_y=[0, 1, 0, 1], target_x=x)
    assert made.columns["source"]["names"] is None
    tree = {"u": x, "v": x + 1}
    made = Arrays(source_x=tree, source_y=[0, 1, 0, 1], target_x={"v": x + 1, "u": x})
    assert list(made.whole("target").x) == ["u", "v"]
    deep = {"a": x, "m": {"u": x, "v": x + 1}}
    made = Arrays(source_x=deep, source_y=[0, 1, 0, 1],
                  target_x={"m": {"v": x + 1, "u": x}, "a": x})  # fmt: skip
    assert made.columns["target"]["names"] == ["a", "m/u", "m/v"]
    assert list(made.whole("target").x) == ["a", "m"]
    assert list(made.whole("target").x["m"]) == ["u", "v"]
    wrong = Arrays(source_x=tree, source_y=[0, 1, 0, 1], target_x={"w": x, "u": x}, batch_size=1)
    with pytest.raises(ValueError, match=r"target_x has columns that source_x lacks: 'w'"):
        wrong.setup()
    frame = pd.DataFrame(x, columns=["a", "b"])
    with pytest.warns(UserWarning, match=r"target_x names no features.*'a', 'b'"):
        Arrays(source_x=frame, source_y=[0, 1, 0, 1], target_x=x)


def test_the_numbers_that_pandas_gives_to_columns_are_their_places():
    x = np.arange(12.0).reshape(4, 3)
    turned = pd.DataFrame(x)[[2, 0, 1]]
    for source, target in ((pd.DataFrame(x), turned), (x, turned), (turned, pd.DataFrame(x)),
                           (turned, x), (turned, turned[[1, 2, 0]])):  # fmt: skip
        made = Arrays(source_x=source, source_y=[0, 1, 0, 1], target_x=target)
        assert torch.equal(made.whole("source").x, made.whole("target").x)
