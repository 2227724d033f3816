"""Tables by column name: every way of reading a file in two ways is asked about, or is right."""

import warnings

import numpy as np
import pandas as pd
import pytest
import torch

from da_bench.data.align import expected_columns
from da_bench.data.arrays import Arrays
from da_bench.data.columns import Columns, Reading
from da_bench.data.formats.read import inputs, read_file, read_inputs, read_labels
from da_bench.data.sparse import dense

RNG = np.random.default_rng(0)


def table(tmp_path, text, name="a.csv", **settings):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_file(path, Reading(**settings))


@pytest.mark.parametrize(
    ("text", "settings"),
    [
        ("a,b,y\n1,2,0\n3,4,1\n", {}),
        ("\ufeffa,b,y\r\n1,2,0\r\n3,4,1", {}),
        ("\n  \n,,\na,b,y\n1,2,0\n\n3,4,1\n,,\n", {}),
        ("a;b;y\n1;2;0\n3;4;1\n", {}),
        ("a\tb\ty\n1\t2\t0\n3\t4\t1\n", {}),
        ("a|b|y\n1|2|0\n3|4|1\n", {}),
        ("a\tb\ty\n1\t2\t0\n3\t4\t1\n".encode("utf-16"), {}),
        ('"a","b","y"\n"1","2","0"\n"3","4","1"\n', {}),
        (" a , b ,Label\n 1, 2, 0\n 3, 4, 1\n", {}),
        ("# a,b,y\n1.0,2.0,0\n3.0,4.0,1\n", {}),
        ("a  b y\n1  2 0\n3 4  1\n", {"separator": " "}),
        ("a;b;y\n1,0;2;0\n3;4,0;1\n", {"decimal": ","}),
        ("a,b,quality\n1,2,0\n3,4,1\n", {"label": "quality"}),
        ("a,id,b,y\n1,7,2,0\n3,9,4,1\n", {"drop": ["id"]}),
        ("a,class,b,target\n1,0,2,9\n3,1,4,9\n", {"label": "class", "drop": ["target"]}),
        ("y,a,b\n0,1,2\n1,3,4\n", {}),
    ],
)
def test_one_table_in_many_forms(tmp_path, text, settings):
    held = table(tmp_path, text, **settings)
    assert held.x.tolist() == [[1, 2], [3, 4]]
    assert held.y.tolist() == [0, 1]
    assert held.columns.names == ["a", "b"]


@pytest.mark.parametrize("head", [",a,b,y", "Unnamed: 0,a,b,y", '"",a,b,y'])
def test_the_index_of_a_frame_is_no_feature(tmp_path, head):
    with pytest.warns(UserWarning, match="unnamed column in front is left out"):
        held = table(tmp_path, f"{head}\n0,1,2,0\n1,3,4,1\n")
    assert held.x.tolist() == [[1, 2], [3, 4]]
    assert held.columns.left_out == ["Unnamed: 0"]
    with pytest.warns(UserWarning, match="left out"):  # what else is dropped changes nothing
        assert table(tmp_path, f"{head}\n0,1,2,0\n1,3,4,1\n", drop=["b"]).x.tolist() == [[1], [3]]
    assert table(tmp_path, f"{head}\n0,1,2,0\n1,3,4,1\n", drop=[]).x.shape == (2, 3)


def test_a_written_frame_comes_back_as_it_was(tmp_path):
    frame = pd.DataFrame(RNG.normal(size=(20, 3)), columns=["u", "v", "w"])
    frame["label"] = [0, 1] * 10
    frame.sort_values("label").to_csv(tmp_path / "a.csv")
    with pytest.warns(UserWarning, match="left out"):
        held = read_file(tmp_path / "a.csv")
    expected = frame.sort_values("label")[["u", "v", "w"]].to_numpy(np.float32)
    assert np.array_equal(held.x, expected)


@pytest.mark.parametrize(
    ("text", "settings", "says"),
    [
        ("1,2,3\n4,5,6\n", {}, r"line 1: '1', '2', '3' are numbers alone.*header: false or"),
        (",0,1,2\n0,1.5,2,3\n", {}, "numbers alone"),
        ("True,False\nTrue,True\n", {}, "numbers alone"),
        ("5.1,3.5,y\n4.0,5.0,n\n", {}, "numbers beside text.*header: false"),
        ("a,class,target\n0,1,2\n", {}, r"'class' and 'target' may each be.*label: class.*drop"),
        ("a,,b,y\n1,2,3,0\n", {}, r"no name.*drop: \['Unnamed: 1'\]"),
        ("a,a,y\n1,2,0\n", {}, "two columns are called 'a'"),
        ("a, a,y\n1,2,0\n", {}, "two columns are called 'a'"),
        ("a,b,y\n1,2,0\n1,2,3,4\n", {}, "line 3: 4 fields, where line 1 has 3"),
        ("\na,b,y\n1,2,0\n\n1,2\n", {}, "line 5: 2 fields, where line 2 has 3"),
        ("a,b,y\n0,1,2,1\n1,3,4,0\n", {}, "line 2: 4 fields"),
        ("1,5;2,5\n3,1;4,2\n", {}, r"comma \(3 fields\) or semicolon \(2 fields\).*separator"),
        ('a,b,y\n"1,5",4,5\n', {}, "'1,5'.*decimal: ','.*thousands"),
        ("a;b;y\n1.234,5;4;5\n", {"decimal": ","}, "line 2: column 'a' is not numeric"),
        ("a,b,y\n1_000,4,5\n", {}, "line 2: column 'a' is not numeric, it holds '1_000'"),
        ("a,b,y\n1,2,0\n1,red,0\n", {}, r"line 3: column 'b' is not numeric.*'red'.*drop: \[b\]"),
        ("a,b,y\nTrue,2,0\n2,3,0\n", {}, "column 'a' mixes true and false with other numbers"),
        ("1.0 2.0\n3.0 4.0\n", {}, "separator: ' '"),
        ("a,b,y\n1,2,NA\n", {}, "line 2: the label 'NA' may be a gap or a class"),
        ("a,b,c\n1,2,3\n", {"label": ["b", "d"]}, "label 'd' is no column; it has 'a', 'b', 'c'"),
        ('a,b,y\n"1,2,0\n', {}, "line 2: unexpected end"),
        ("größe,b\n1,2\n".encode("latin-1"), {}, "line 1: byte f6 is no UTF-8"),
        ("a,b,y\n", {}, "holds no inputs"),
        ("y\n1\n", {}, "holds no inputs"),
        ("\n\n", {}, "is empty"),
        ("a,b\n1,2\n", {"separator": ";;"}, "';;' is no single character"),
        ("i,b,y\n" + "".join(f"{i},{i * i},0\n" for i in range(12)), {}, "only counts the rows"),
    ],
)
def test_what_can_be_read_in_two_ways_is_asked_about(tmp_path, text, settings, says):
    with pytest.raises(ValueError, match=says):
        table(tmp_path, text, **settings)


def test_header_answers(tmp_path):
    held = table(tmp_path, "1,2,3\n4,5,6\n", header=False, label=2)
    assert (held.x.tolist(), held.y.tolist()) == ([[1, 2], [4, 5]], [3, 6])
    assert held.columns.names is None
    (tmp_path / "a.csv").write_text("1,2,3\n4,5,\n")
    with pytest.raises(ValueError, match=r"line 2: column '2' holds no number"):
        inputs(tmp_path / "a.csv", Reading(header=False, drop=[0]), "x")  # as it stands there
    held = table(tmp_path, "1,2,3\n4,5,6\n", header=True)
    assert (held.x.tolist(), held.columns.names) == ([[4, 5, 6]], ["1", "2", "3"])
    held = table(tmp_path, "0,1,y\n4,5,6\n")  # text over a number is a name
    assert (held.x.tolist(), held.y.tolist()) == ([[4, 5]], [6])
    held = table(tmp_path, "0,1,2,label\n4,5,3,cat\n")  # as pandas numbers columns
    assert held.columns.names == ["0", "1", "2"]


def test_gaps_are_named_by_line(tmp_path):
    path = tmp_path / "a.csv"
    for gap in ("", "NA", "?", "nan", "inf"):
        path.write_text(f"\na,b,y\n1,2,0\n\n3,{gap},1\n")
        with pytest.raises(ValueError, match=r"a\.csv, line 5: column 'b' holds"):
            inputs(path, Reading(), "x")
    path.write_text("a,b,y\n1,,0\n3,,1\n")
    with pytest.raises(ValueError, match=r"column 'b' .* 2 of 2 samples.*leave the column out"):
        inputs(path, Reading(), "x")
    assert inputs(path, Reading(drop=["b"]), "x").x.tolist() == [[1], [3]]
    np.save(tmp_path / "x.npy", np.array([[1, 2], [np.nan, 3]]))
    with pytest.raises(ValueError, match=r"x\.npy, row 1 \(counted from 0\): column 0"):
        inputs(tmp_path / "x.npy", Reading(), "x")
    (tmp_path / "x.svmlight").write_text("# made by hand\n1 0:1 2:3\n\n0 1:nan\n")
    with pytest.raises(ValueError, match=r"x\.svmlight, line 4: feature 1 holds no number"):
        inputs(tmp_path / "x.svmlight", Reading(), "x")


def test_labels_of_a_table(tmp_path):
    assert table(tmp_path, "a,y\n1,\n2,cat\n").y.tolist() == [None, "cat"]
    assert table(tmp_path, "a,y\n1,\n2,3\n").y.tolist() == [None, 3]
    real = table(tmp_path, "a,y\n1,\n2,3.5\n").y
    assert np.isnan(real[0])
    assert real[1] == 3.5
    assert table(tmp_path, "a,b,c\n1,2,3\n4,5,6\n", label=["b", "c"]).y.tolist() == [[2, 3], [5, 6]]
    path = tmp_path / "y.csv"
    path.write_text("species\ncat\ndog\ncat\n")
    assert read_labels(path, Reading()).tolist() == ["cat", "dog", "cat"]
    path.write_text("cat\ndog\ncat\n")
    with pytest.raises(ValueError, match="'cat', may be a label or the column's name"):
        read_labels(path, Reading())
    assert read_labels(path, Reading(header=False)).tolist() == ["cat", "dog", "cat"]


# Two domains.

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


def test_archives(tmp_path):
    x, y = RNG.normal(size=(6, 2)), np.array([0, 1] * 3)
    np.savez(tmp_path / "s.npz", x=x, y=y, feature_names=["a", "b"])
    np.savez(tmp_path / "t.npz", x=x[:, ::-1], feature_names=["b", "a"])
    made = Arrays(source_x=str(tmp_path / "s.npz"), target_x=str(tmp_path / "t.npz"))
    assert torch.equal(made.whole("source").x, made.whole("target").x)
    np.savez(tmp_path / "two.npz", x=x, y=y, target=y)
    with pytest.raises(ValueError, match=r"entries 'y' and 'target' may each.*label: y"):
        read_file(tmp_path / "two.npz")
    assert read_file(tmp_path / "two.npz", Reading(label="target")).y.tolist() == y.tolist()
    np.savez(tmp_path / "named.npz", F=x, other=x + 1, y=y)
    with pytest.raises(ValueError, match="entry: NAME"):
        read_file(tmp_path / "named.npz")
    held = read_file(tmp_path / "named.npz", Reading(entry="F"))
    assert held.columns.entry == "F"
    np.testing.assert_allclose(held.x, x, rtol=1e-6)
    np.savez(tmp_path / "bad.npz", x=x, feature_names=["a"])
    with pytest.raises(ValueError, match="feature_names are 1 names"):
        read_file(tmp_path / "bad.npz")


# svmlight.

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


@pytest.mark.parametrize("line", ["cat 0:1", "1 0:1 x:2", "1 2:1 1:2", "1 0:one", "1 0", "1,2 0:1"])
def test_a_line_of_a_sparse_file_that_can_not_be_read_is_named(tmp_path, line):
    (tmp_path / "s.svmlight").write_text(f"# made by hand\n0 0:1\n{line}\n")
    with pytest.raises(ValueError, match=r"s\.svmlight, line 3: .* can't be read"):
        read_file(tmp_path / "s.svmlight")


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
