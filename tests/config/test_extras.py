"""What to install where an extra is missing: from where this da_bench came."""

import json
from importlib import metadata

import pytest

from da_bench.config.extras import MissingExtra, install_command, needs


@pytest.mark.parametrize(
    ("record", "command"),
    [
        ({"url": "file:///a/b%20c", "dir_info": {"editable": True}},
         'pip install -e "/a/b c[search]"'),
        ({"url": "file:///a/b.whl", "archive_info": {}},
         'pip install "da_bench[search] @ file:///a/b.whl"'),
        (None, 'pip install "da_bench[search]"'),
    ],
)  # fmt: skip
def test_the_command_follows_the_installation(monkeypatch, record, command):
    class Installed:
        def read_text(self, name):
            assert name == "direct_url.json"
            return record and json.dumps(record)

    monkeypatch.setattr(metadata, "distribution", lambda name: Installed())
    assert install_command("search") == command


def test_without_an_installation(monkeypatch):
    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "distribution", missing)
    assert install_command("search") == 'pip install "da_bench[search]"'
    with pytest.raises(MissingExtra, match=r"no_such_module is not installed: pip .*\[umap"):
        needs("no_such_module", "umap")
