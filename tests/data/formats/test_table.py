"""A table of text: what can be read in two ways is asked about, or is right."""

import numpy as np
import pandas as pd
import pytest

from da_bench.data.columns import Reading
from da_bench.data.formats.read import inputs, read_file, read_labels

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
