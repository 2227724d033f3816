"""A run's configuration is read only where it is small, aliases followed."""

import pytest

from da_bench.io.files import Damaged


def test_a_yaml_of_aliases_is_no_bomb(tmp_path):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 10)]
    (tmp_path / "config.yaml").write_text("\n".join(lines) + "\n")
    from da_bench.methods.checkpoint import read_config

    with pytest.raises(Damaged, match="aliases followed"):
        read_config(tmp_path)


def test_a_configuration_is_small(tmp_path):
    """YAML is read slowly: 60 MB of it took minutes before its values were counted."""
    (tmp_path / "config.yaml").write_text("a: [" + "1," * 2_500_000 + "1]")
    from da_bench.methods.checkpoint import read_config

    with pytest.raises(Damaged, match="is larger than the 4,194,304 bytes"):
        read_config(tmp_path)
