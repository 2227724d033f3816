"""Rows written for other programs come back as they were."""

import json
import sys

import pandas as pd
import pytest

from da_bench.config.extras import MissingExtra
from da_bench.results.renderers.export import export
from tests.results.stored import failed, row

ROWS = [row(labels="all"), row(seed=1, labels=50, score=0.1 + 0.2), failed(seed=2)]


def test_csv_holds_every_column_and_what_is_nested_as_json(tmp_path):
    export(ROWS, tmp_path / "new" / "runs.csv")
    read = pd.read_csv(tmp_path / "new" / "runs.csv", float_precision="round_trip")
    assert set(read.columns) == {key for one in ROWS for key in one}
    assert read["oracle/target"].tolist()[1] == 0.1 + 0.2  # to the last digit
    assert json.loads(read["hyperparameters"][0]) == ROWS[0]["hyperparameters"]
    assert list((tmp_path / "new").iterdir()) == [tmp_path / "new" / "runs.csv"]


def test_parquet_keeps_types_and_columns_of_mixed_ones(tmp_path):
    pytest.importorskip("pyarrow")
    export(ROWS, tmp_path / "runs.parquet", "parquet")
    read = pd.read_parquet(tmp_path / "runs.parquet")
    assert read["seed"].tolist() == [0, 1, 2]
    assert read["labels"].tolist()[:2] == ["all", "50"]
    assert pd.isna(read["labels"][2])
    assert read["oracle/target"].tolist()[1] == 0.1 + 0.2


def test_without_pyarrow_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtra, match=r"pip install .*\[parquet\]"):
        export(ROWS, tmp_path / "runs.parquet", "parquet")
    assert not list(tmp_path.iterdir())
