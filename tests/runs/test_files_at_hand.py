"""Files that can't be fetched end a comparison before its first run, with one line."""

import socket

import pytest

from da_bench.cli.main import main
from da_bench.runs import files_at_hand
from da_bench.runs.files_at_hand import are_here, fetch_missing
from da_bench.runs.plan import jobs, plans


@pytest.fixture
def offline(tmp_path, monkeypatch):
    """No network, and no data on this machine."""

    def refuse(*args, **kwargs):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setenv("DA_BENCH_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "data").mkdir()


def test_a_download_that_fails_is_said_once_before_any_run(offline, tmp_path, capsys):
    out = tmp_path / "out"
    words = ["compare", "--benchmark", "office_caltech_surf", "moons", "--methods", "source_only"]
    assert main([*words, "--seeds", "1", "--out", str(out)]) == 2
    message = capsys.readouterr().err
    assert message.count("can't be downloaded") == 1
    assert "HTTPSConnectionPool" not in message
    assert "Failed to resolve" in message
    assert "no run was begun; leave office_caltech_surf out, or bring its files" in message
    assert not list(out.rglob("result.json"))


def test_what_needs_no_file_is_not_read(monkeypatch):
    assert are_here("moons")
    assert are_here("mine.yaml")
    monkeypatch.setattr("da_bench.data.DomainPair.setup", lambda *_: pytest.fail("was read"))
    fetch_missing(jobs(plans(["moons"], ["source_only"], None, 1, [])), pytest.fail)


def test_domains_are_read_once_for_all_runs(monkeypatch):
    read, lines = [], []
    monkeypatch.setattr(files_at_hand, "are_here", lambda benchmark: False)
    monkeypatch.setattr("da_bench.data.DomainPair.setup", lambda self: read.append(self.target))
    fetch_missing(jobs(plans(["moons"], ["source_only", "dann"], None, 2, [])), lines.append)
    assert read == ["20", "40", "60"]
    assert lines[0].startswith("moons 0:20: looking for its files")
