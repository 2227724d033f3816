"""Two domains have one order of features: by name, or by the number of a sparse file."""

import warnings

import numpy as np
import pytest
import torch

from da_bench.data.align import expected_columns
from da_bench.data.arrays import Arrays
from da_bench.data.columns import Columns
from da_bench.data.formats.read import read_inputs
from da_bench.data.sparse import dense

SOURCE = "a,b,y\n1,20,0\n3,40,1\n5,60,0\n7,80,1\n9,10,0\n2,30,1\n"
SETTINGS = {"batch_size": 2, "val": 0.2, "test": 0.2}


def pair(tmp_path, source, target, **kwargs):
    (tmp_path / "s.csv").write_text(source)
    (tmp_path / "t.csv").write_text(target)
    made = Arrays(source_x=str(tmp_path / "s.csv"), target_x=str(tmp_path / "t.csv"),
                  **SETTINGS | kwargs)  # fmt: skip
    made.setup()
    return made


def reordered(text, order):
    return "\n".join(",".join(line.split(",")[i] for i in order) for line in text.split()) + "\n"


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (2, 1, 0), (1, 2, 0), (1, 0)])
def test_columns_are_found_by_name(tmp_path, order):
    made = pair(tmp_path, SOURCE, reordered(SOURCE, order))
    assert torch.equal(made.whole("target").x, made.whole("source").x)
    assert made.columns["target"]["names"] == ["a", "b"]


@pytest.mark.parametrize(
    ("target", "says"),
    [
        (SOURCE.replace("b", "c"), r"t\.csv has columns that .*s\.csv lacks: 'c'; and lacks 'b'"),
        (reordered(SOURCE, (0, 2)), r"t\.csv lacks columns that .*s\.csv has: 'b'"),
        (reordered(SOURCE.replace("a", "A"), (0, 1, 2)), r"'A'; and lacks 'a'"),
        (SOURCE.replace("5,", ","), r"t\.csv, line 4: column 'a'"),
    ],
)
def test_other_columns_are_refused(tmp_path, target, says):
    with pytest.raises(ValueError, match=says):
        pair(tmp_path, SOURCE, target)


def test_settings_of_a_pair(tmp_path):
    extra = "id,a,b,y\n" + "\n".join(f"{i * i},{r}" for i, r in enumerate(SOURCE.split()[1:]))
    assert pair(tmp_path, SOURCE, extra, drop=["id"]).columns["target"]["names"] == ["a", "b"]
    with pytest.raises(ValueError, match=r"drop: no column 'ab' in .*did you mean"):
        pair(tmp_path, SOURCE, SOURCE, drop=["ab"])
    with pytest.raises(ValueError, match=r"label: no column 'yy' in .*did you mean 'y'"):
        pair(tmp_path, SOURCE, SOURCE, label="yy")
    with pytest.raises(ValueError, match=r"source_y is missing.*by label: 'a', 'b', 'quality'"):
        pair(tmp_path, SOURCE.replace("y", "quality"), SOURCE)
    with pytest.raises(ValueError, match="labels are given apart, and column 'y'"):
        pair(tmp_path, SOURCE, SOURCE, source_y=[0, 1] * 3)
    truth = SOURCE.replace("\n1,", "\nTrue,").replace("\n3,", "\nFalse,")
    truth = truth.replace("\n5,", "\nTrue,").replace("\n7,", "\nFalse,")
    truth = truth.replace("\n9,", "\nTrue,").replace("\n2,", "\nFalse,")
    with pytest.raises(ValueError, match=r"line 3: column 'a' holds 3, and .* true or false"):
        pair(tmp_path, truth, SOURCE)


DENSE = np.array([[1, 2, 3], [4, 0, 6], [7, 8, 9], [1, 5, 2], [3, 3, 3], [6, 1, 1.0]])


def sparse(path, x, first):
    lines = (" ".join([str(i % 2), *(f"{j + first}:{v}" for j, v in enumerate(row) if v)])
             for i, row in enumerate(x))  # fmt: skip
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def both(tmp_path, one, two, x=DENSE, other=DENSE, **kwargs):
    source, target = tmp_path / "s.svmlight", tmp_path / "t.svmlight"
    made = Arrays(source_x=sparse(source, x, one), target_x=sparse(target, other, two),
                  **SETTINGS | kwargs)  # fmt: skip
    made.setup()
    return made


def x_of(made, role):
    return dense(made.whole(role).x, role)


def test_sparse_files_count_alike(tmp_path):
    made = both(tmp_path, 0, 0)
    assert x_of(made, "target").tolist() == DENSE.tolist() == x_of(made, "source").tolist()
    made = both(tmp_path, 1, 1)  # the first column stays empty, in both
    assert x_of(made, "target")[:, 1:].tolist() == DENSE.tolist()
    assert torch.equal(x_of(made, "target"), x_of(made, "source"))
    made = both(tmp_path, 1, 1, first_index=1)
    assert x_of(made, "target").tolist() == DENSE.tolist()
    for one, two in ((0, 1), (1, 0)):
        with pytest.raises(ValueError, match="first_index: 0 or first_index: 1"):
            both(tmp_path, one, two)
    with pytest.raises(ValueError, match=r"s\.svmlight, line 1: there is a feature 0"):
        both(tmp_path, 0, 1, first_index=1)


def test_a_narrower_sparse_domain_is_filled_up(tmp_path):
    few = DENSE[:, :2]
    for x, other in ((DENSE, few), (few, DENSE)):
        made = both(tmp_path, 0, 0, x, other)
        assert made.whole("source").x.shape == made.whole("target").x.shape == (6, 3)
        assert x_of(made, "source")[:, :2].tolist() == few.tolist()


def test_a_sparse_domain_beside_a_dense_one(tmp_path):
    for first in (0, 1):
        path = sparse(tmp_path / "s.svmlight", DENSE, first)
        for sides in ({"source_x": path, "target_x": DENSE},
                      {"source_x": DENSE, "source_y": [0, 1] * 3, "target_x": path}):  # fmt: skip
            made = Arrays(**sides, **SETTINGS)
            made.setup()
            assert torch.equal(x_of(made, "source"), x_of(made, "target"))
    lacks = sparse(tmp_path / "s.svmlight", DENSE[:, :2], 1)  # 3 columns: from 0, or from 1
    with pytest.raises(ValueError, match=r"has no feature 0.*first_index: 0 or"):
        Arrays(source_x=lacks, target_x=DENSE, **SETTINGS).setup()
    made = Arrays(source_x=lacks, target_x=DENSE, first_index=1, **SETTINGS)
    assert x_of(made, "source").tolist() == np.pad(DENSE[:, :2], ((0, 0), (0, 1))).tolist()


@pytest.mark.parametrize(
    "kept",
    [
        [1],
        {"reading": 5},
        {"reading": {"oops": 1}},
        {"target": {"oops": 1}},
        {"target": {"names": 5}},
        {"target": {"names": [5]}},
        {"target": {"shapes": "x"}},
        {"target": {"entry": 3}},
        {"target": {"first_index": 7}},
    ],
)
def test_a_record_that_no_run_wrote_is_refused(kept):
    with pytest.raises(ValueError, match=r"record of its features .* can't be read"):
        expected_columns(kept, "target")


def test_a_sparse_file_of_a_run_counts_as_its_files(tmp_path):
    made = both(tmp_path, 0, 0)
    like, reading = expected_columns(made.columns, "target")
    path = tmp_path / "new.svmlight"

    def read(first, x=DENSE, **settings):
        sparse(path, x, first)
        return dense(read_inputs(path, like, reading.with_settings(settings)).x, "x").tolist()

    assert read(0) == DENSE.tolist()
    with pytest.raises(ValueError, match="first_index: 0 or first_index: 1"):
        read(1)
    assert read(1, first_index=1) == DENSE.tolist()
    rest = DENSE * [0, 1, 1]
    with pytest.raises(ValueError, match="first_index: 0 or first_index: 1"):
        read(0, rest)
    assert read(0, rest, first_index=0) == rest.tolist()
    with pytest.raises(ValueError, match="6 features a sample, and the run was trained on 3"):
        read(0, np.hstack([DENSE, DENSE]))


def test_nothing_is_said_where_all_is_clear(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pair(tmp_path, SOURCE, SOURCE)
        both(tmp_path, 0, 0)
        Arrays(source_x=DENSE, source_y=[0, 1] * 3, target_x=DENSE)
    assert Columns() == Columns(*[None] * 7)
