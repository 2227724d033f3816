"""A line of a sparse file that can't be read is named."""

import pytest

from da_bench.data.formats.read import read_file


@pytest.mark.parametrize("line", ["cat 0:1", "1 0:1 x:2", "1 2:1 1:2", "1 0:one", "1 0", "1,2 0:1"])
def test_a_line_of_a_sparse_file_that_can_not_be_read_is_named(tmp_path, line):
    (tmp_path / "s.svmlight").write_text(f"# made by hand\n0 0:1\n{line}\n")
    with pytest.raises(ValueError, match=r"s\.svmlight, line 3: .* can't be read"):
        read_file(tmp_path / "s.svmlight")
