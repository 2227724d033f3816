"""Who the app answers: by raw requests to the command's own server on the loopback."""

import asyncio
import os
import socket
import subprocess
import sys
import time

import pytest

from da_bench.dashboard.hosts import KnownHosts, check_name, plain
from tests.results.stored import row, store

pytest.importorskip("streamlit", reason="the extra da-bench[dashboard] is not installed")
MORE = "results.example.org"
PATHS = ("/", "/_stcore/health", "/_stcore/host-config", "/static/index.html", "/media/x.png")


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    """A server that is told of one name beside its own."""
    out = tmp_path_factory.mktemp("served")
    store(out, [row()])
    with socket.create_server(("127.0.0.1", 0)) as free:
        number = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "da_bench", "dashboard", str(out), "--port", str(number),
         "--no-browser", "--allow-host", MORE],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=dict(os.environ),
    )  # fmt: skip
    try:
        for _ in range(400):
            try:
                if answer(number, f"localhost:{number}") == 200:
                    break
            except OSError:
                assert process.poll() is None, process.stdout.read()
                time.sleep(0.25)
        yield number
    finally:
        process.terminate()
        process.communicate(timeout=30)


def answer(port, host, origin=None, path="/_stcore/health", socketed=False, also=()):
    """The status of one raw request."""
    lines = [f"GET {path} HTTP/1.1"]
    lines += [f"Host: {host}"] if host is not None else []
    lines += [f"Origin: {origin}"] if origin is not None else []
    lines += list(also)
    if socketed:
        lines += ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="]  # fmt: skip
    else:
        lines += ["Connection: close"]
    with socket.create_connection(("127.0.0.1", port), timeout=30) as asked:
        asked.sendall("\r\n".join([*lines, "", ""]).encode())
        first = asked.recv(4096).decode("latin-1").split("\r\n")[0]
    return int(first.split()[1])


def both(port, host, origin):
    """The statuses of the page's health and of its WebSocket."""
    return (answer(port, host, origin),
            answer(port, host, origin, "/_stcore/stream", socketed=True))  # fmt: skip


GOOD = [
    ("localhost:{p}", "http://localhost:{p}"),
    ("127.0.0.1:{p}", "http://127.0.0.1:{p}"),
    ("[::1]:{p}", "http://[::1]:{p}"),
    ("LocalHost:{p}", "http://localhost:{p}"),
    ("localhost.:{p}", "http://localhost.:{p}"),
    ("localhost:{p}", None),
    ("localhost", "http://localhost"),
    ("localhost", "http://localhost:80"),
    (MORE, f"https://{MORE}"),
    (MORE.upper(), f"https://{MORE}:443"),
    ("127.0.0.1:{p}", f"https://{MORE}"),  # a proxy that names us by our address
]
BAD = [
    ("evil.example", "http://evil.example"),
    ("evil.example:{p}", "http://evil.example:{p}"),
    ("EVIL.example.:{p}", "http://evil.example:{p}"),
    ("evil.example:{p}", None),
    ("evil.example:{p}", "http://localhost:{p}"),
    ("localhost:{p}", "http://evil.example"),
    ("localhost:{p}", "http://evil.example:{p}"),
    ("localhost:{p}", "null"),
    ("localhost:{p}", ""),
    ("localhost:{p}", "http://localhost:9"),  # a page of another server of this machine
    ("localhost:{p}", "http://127.0.0.1:{p}"),
    ("localhost:{p}", "file://"),
    ("localhost:{p}", "chrome-extension://localhost:{p}"),
    ("localhost:{p}", "http://localhost:{p}/path"),
    ("localhost:{p}", "http://localhost:{p}@evil.example"),
    ("localhost:{p}@evil.example", "http://evil.example"),
    ("localhost.evil.example:{p}", "http://localhost.evil.example:{p}"),
    ("127.0.0.1.evil.example", "http://127.0.0.1.evil.example"),
    ("127.1:{p}", "http://127.1:{p}"),
    ("2130706433:{p}", "http://2130706433:{p}"),
    ("0.0.0.0:{p}", "http://0.0.0.0:{p}"),
    ("192.0.2.7:{p}", "http://192.0.2.7:{p}"),
    ("[::2]:{p}", "http://[::2]:{p}"),
    ("::1", "http://[::1]"),
    ("localhost:x", "http://localhost:x"),
    (f"{MORE}.evil.example", f"https://{MORE}.evil.example"),
    (f"evil{MORE}", f"https://evil{MORE}"),
    (f"{MORE}", "https://evil.example"),
    ("", "http://localhost:{p}"),
]


@pytest.mark.parametrize(("host", "origin"), GOOD)
def test_its_own_pages_are_answered(port, host, origin):
    fill = (text and text.format(p=port) for text in (host, origin))
    assert both(port, *fill) == (200, 101)


@pytest.mark.parametrize(("host", "origin"), BAD)
def test_other_sites_are_refused(port, host, origin):
    fill = [text if text is None else text.format(p=port) for text in (host, origin)]
    assert all(status in (400, 403) for status in both(port, *fill))


@pytest.mark.parametrize("path", PATHS)
def test_each_path_is_behind_the_same_door(port, path):
    assert answer(port, "evil.example", path=path) == 403
    assert answer(port, f"localhost:{port}", path=path) in (200, 404)


def test_what_names_two_hosts_or_none_is_refused(port):
    own = f"localhost:{port}"
    assert answer(port, None) in (400, 403)
    assert answer(port, own, also=["Host: evil.example"]) in (400, 403)
    assert answer(port, own, f"http://{own}", also=["Origin: http://evil.example"]) == 403
    assert answer(port, "evil.example", also=[f"X-Forwarded-Host: {own}"]) == 403


def refused(host, asked, server, origin=None, more=()):
    headers = [(b"host", asked.encode())] + ([(b"origin", origin.encode())] if origin else [])
    scope = {"type": "http", "headers": headers, "server": (server, 8501)}
    return KnownHosts(None, host, more).refusal(scope)


def test_on_every_address_the_one_that_was_asked_counts():
    for host, server in (("0.0.0.0", "192.0.2.7"), ("::", "::ffff:192.0.2.7")):
        assert not refused(host, "192.0.2.7:8501", server, "http://192.0.2.7:8501")
        assert not refused(host, "localhost:8501", "127.0.0.1")
        assert refused(host, "192.0.2.8:8501", server)
        assert refused(host, "evil.example:8501", server, "http://evil.example:8501")
    assert refused("127.0.0.1", "192.0.2.7:8501", "192.0.2.7")
    assert not refused("box.lan", "box.lan:8501", "192.0.2.7", "http://box.lan:8501")


STRANGE = ["local\thost:8501", "localhost\t", "localhost\r", "local\nhost", "u:p@localhost",
           "localhost\\@evil.example", "@localhost", "localhost?", "localhost#", "localhost/",
           "localhost:8501:1", "[::1", "[localhost]", "localhost:+1", "localhost:8_501",
           "http://localhost", " localhost", "localhost\xa0", ":8501", ""]  # fmt: skip
"""What a reader of URLs takes for localhost, or for something, by passing over a part of it."""


@pytest.mark.parametrize("asked", STRANGE)
def test_a_host_is_read_whole(asked):
    assert refused("127.0.0.1", asked, "127.0.0.1")
    assert refused("127.0.0.1", "localhost:8501", "127.0.0.1", f"http://{asked}")


@pytest.mark.parametrize(
    "name", ["", ".", "*", "*.example.org", "https://example.org", "a b", "example.org:8080",
             "example.org:", "example.org/", "a,b", "u@example.org"],
)  # fmt: skip
def test_a_name_that_could_never_be_asked_for_is_refused(name):
    with pytest.raises(ValueError, match="expected the name of a host alone"):
        check_name(name)


@pytest.mark.parametrize("name", ["results.example.org", "BOX.lan.", "[::1]", "192.0.2.7", "a_b"])
def test_a_name_of_a_host_is_one(name):
    check_name(name)


def test_a_name_has_one_form():
    assert plain("LOCALHOST.") == "localhost"
    assert plain("[0:0::1]") == plain("::1") == "::1"
    assert plain("::ffff:127.0.0.1") == "127.0.0.1"


def test_what_is_refused_reaches_nothing_behind_it():
    sent = []

    async def behind(scope, receive, send):
        raise AssertionError("reached")

    async def receive():
        return {"type": "websocket.connect"}

    async def send(message):
        sent.append(message)

    scope = {"headers": [(b"host", b"evil.example")], "server": ("127.0.0.1", 1)}
    for kind in ("http", "websocket"):
        asyncio.run(KnownHosts(behind, "127.0.0.1")(scope | {"type": kind}, receive, send))
    assert [m["type"] for m in sent] == ["http.response.start", "http.response.body",
                                         "websocket.close"]  # fmt: skip
