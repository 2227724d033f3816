import hashlib
import http.server
import os
import threading

import pytest

from da_bench.cli.data import carry_out
from da_bench.published import registry
from da_bench.published.download import fetch

CONTENT = os.urandom(300_000)
DIGEST = hashlib.sha256(CONTENT).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves CONTENT with ranges, breaks off, or serves something else, as the server is told."""

    def do_GET(self):
        self.server.asked.append(self.headers.get("Range"))
        assert self.headers["Accept-Encoding"] == "identity"
        if self.server.mode == "missing":
            self.send_error(404)
            return
        content = CONTENT[::-1] if self.server.mode == "corrupt" else CONTENT
        span = self.headers.get("Range")
        begin = int(span[len("bytes=") : -1]) if span and self.server.ranges else 0
        if begin >= len(content):
            self.send_error(416)
            return
        self.send_response(206 if begin else 200)
        self.send_header("Content-Length", str(len(content) - begin))
        self.end_headers()
        rest = content[begin:]
        self.wfile.write(rest[:120_000] if self.server.mode == "breaking" else rest)

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    found = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.mode, found.ranges, found.asked = "good", True, []
    threading.Thread(target=found.serve_forever, args=(0.01,), daemon=True).start()
    found.url = f"http://127.0.0.1:{found.server_port}/a.bin"
    yield found
    found.shutdown()
    found.server_close()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.delenv("DA_BENCH_DATA", raising=False)
    monkeypatch.setattr("pooch.os_cache", lambda name: tmp_path / name)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "da_bench"


def test_a_good_download_happens_once(server, cache):
    for _ in range(2):
        path = fetch("set/a.bin", server.url, DIGEST)
        assert path == cache / "set" / "a.bin"
        assert path.read_bytes() == CONTENT
    assert len(server.asked) == 1
    assert not list(cache.rglob("*.part"))


@pytest.mark.parametrize("ranges", [True, False])
def test_an_interrupted_download_continues(server, cache, ranges):
    server.ranges = ranges
    part = cache / "a.bin.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(CONTENT[:123_456])
    assert fetch("a.bin", server.url, DIGEST).read_bytes() == CONTENT
    assert server.asked == ["bytes=123456-"]


def test_a_server_that_breaks_off_is_asked_for_the_rest(server, cache):
    server.mode = "breaking"  # after 120,000 bytes: the third attempt completes the file
    assert fetch("a.bin", server.url, DIGEST).read_bytes() == CONTENT
    begins = [int(span[len("bytes=") : -1]) for span in server.asked[1:]]
    assert server.asked[0] is None
    assert 100_000 < begins[0] <= 120_000
    assert 200_000 < begins[1] <= 240_000


def test_a_truncated_download_is_kept_for_later_and_said(server, cache, monkeypatch):
    monkeypatch.setattr("da_bench.published.download.TRIES", 1)
    server.mode = "breaking"
    with pytest.raises(ConnectionError, match=r"a\.bin.*127\.0\.0\.1.*place the file by hand at"):
        fetch("a.bin", server.url, DIGEST)
    assert (cache / "a.bin.part").stat().st_size > 100_000
    assert not (cache / "a.bin").exists()
    server.mode = "good"
    assert fetch("a.bin", server.url, DIGEST).read_bytes() == CONTENT


def test_a_corrupt_download_never_gets_its_name(server, cache):
    server.mode = "corrupt"
    found = hashlib.sha256(CONTENT[::-1]).hexdigest()
    with pytest.raises(ValueError, match=f"corrupt or truncated.*{DIGEST}.*{found}.*by hand"):
        fetch("a.bin", server.url, DIGEST)
    assert [p.name for p in cache.iterdir()] == ["a.bin.lock"]


@pytest.mark.parametrize(
    "start",
    [b"another file's start", CONTENT + b"and more", CONTENT],
    ids=["another file", "more", "whole"],  # drawn anew in each process, as its bytes are
)
def test_a_part_that_does_not_fit_is_begun_again(server, cache, start):
    part = cache / "a.bin.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(start)
    assert fetch("a.bin", server.url, DIGEST).read_bytes() == CONTENT


def test_a_poisoned_cache_is_replaced(server, cache):
    cache.mkdir()
    (cache / "a.bin").write_bytes(b"poison")
    assert fetch("a.bin", server.url, DIGEST).read_bytes() == CONTENT


def test_a_missing_address_is_named(server, cache):
    server.mode = "missing"
    with pytest.raises(ConnectionError, match=r"a\.bin can't be downloaded from .*404"):
        fetch("a.bin", server.url, DIGEST)


def test_the_users_folder_comes_first_and_is_never_changed(server, cache, tmp_path, monkeypatch):
    monkeypatch.setenv("DA_BENCH_DATA", str(tmp_path / "mine"))
    own = tmp_path / "mine" / "a.bin"
    own.parent.mkdir()
    own.write_bytes(CONTENT)
    assert fetch("a.bin", server.url, DIGEST) == own
    own.write_bytes(CONTENT[:1000])
    with pytest.raises(ValueError, match=rf"mine/a\.bin is corrupt.*1000 bytes.*{DIGEST}.*replace"):
        fetch("a.bin", server.url, DIGEST)
    assert own.stat().st_size == 1000
    own.unlink()
    assert fetch("a.bin", server.url, DIGEST) == cache / "a.bin"
    assert len(server.asked) == 1


def test_two_at_once_write_one_file(server, cache):
    found = []
    workers = [
        threading.Thread(target=lambda: found.append(fetch("a.bin", server.url, DIGEST)))
        for _ in range(4)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [p.read_bytes() == CONTENT for p in found] == [True] * 4
    assert len(server.asked) == 1


def test_check_and_command(server, cache, monkeypatch, capsys):
    source = registry.Source(
        {"a.bin": DIGEST}, server.url.removesuffix("a.bin"), "none", "nobody", 0.3
    )
    monkeypatch.setattr(registry, "REGISTRY", {"toy": source})
    assert registry.check("toy") == [("a.bin", "missing", None, "")]
    assert carry_out("check") == 1
    assert carry_out("download", "toy") == 0
    assert registry.check("toy") == [("a.bin", "ok", cache / "a.bin", "")]
    assert carry_out("check", "toy") == 0
    (cache / "a.bin").write_bytes(b"poison")
    assert registry.check("toy")[0].status == "corrupt"
    assert carry_out("check", "toy") == 1
    assert carry_out("list") == 0
    assert "toy: 1 files" in capsys.readouterr().out
    assert carry_out("check", "digits") == 0
    assert "needs no download" in capsys.readouterr().out
    with pytest.raises(ValueError, match="did you mean 'toy'"):
        carry_out("check", "toys")


def test_the_registry_brings_no_torch_in():
    import subprocess
    import sys

    code = "import sys, da_bench.published.registry; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
