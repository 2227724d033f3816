"""How the server is set up, and what the command says before it starts."""

import importlib.util
import os
import socket
import subprocess
import sys

import pytest

from da_bench.cli.main import main
from da_bench.config.extras import MissingExtra
from da_bench.dashboard import serve


def taken():
    return socket.create_server(("127.0.0.1", 0))


def test_settings_keep_to_this_machine():
    found = serve.options("127.0.0.1", 8501)
    assert found["server.address"] == "127.0.0.1"
    assert found["browser.gatherUsageStats"] is False
    assert found["server.enableXsrfProtection"] is True
    assert found["server.fileWatcherType"] == "none"
    assert found["server.headless"] is True


def test_streamlit_knows_every_setting():
    config = pytest.importorskip("streamlit.config")
    known = config.get_config_options()
    assert not serve.options("127.0.0.1", 8501).keys() - known.keys()


def test_loopback_is_the_default_and_no_name_is_asked_for():
    from da_bench.cli.dashboard import parser

    args = parser().parse_args(["out"])
    assert (args.host, args.port, args.browser) == ("127.0.0.1", 8501, True)
    assert parser().parse_args(["out", "--no-browser"]).browser is False


def test_a_missing_extra_is_named(monkeypatch, capsys, tmp_path):
    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *a: None if name == "streamlit" else real(name)
    )
    with pytest.raises(MissingExtra, match=r"pip install .*\[dashboard\]"):
        serve.check("127.0.0.1", 8501)
    assert main(["dashboard", str(tmp_path)]) == 2
    assert "[dashboard]" in capsys.readouterr().err


def test_a_taken_port_and_what_is_none(capsys, tmp_path):
    pytest.importorskip("streamlit")
    with taken() as held:
        port = held.getsockname()[1]
        assert main(["dashboard", str(tmp_path), "--port", str(port)]) == 2
    said = capsys.readouterr().err
    assert str(port) in said
    assert "--port" in said
    assert main(["dashboard", str(tmp_path), "--port", "99999"]) == 2
    assert "expected 1 to 65535" in capsys.readouterr().err
    assert main(["dashboard", str(tmp_path), "--host", "203.0.113.7"]) == 2
    assert "203.0.113.7" in capsys.readouterr().err


def test_a_folder_that_is_none(capsys, tmp_path):
    pytest.importorskip("streamlit")
    with taken() as held:
        port = held.getsockname()[1]
    assert main(["dashboard", str(tmp_path / "nowhere"), "--port", str(port)]) == 2
    told = capsys.readouterr()
    assert "is no folder" in told.err
    assert "http://" not in told.out  # where nothing will be served


@pytest.mark.parametrize(
    ("host", "at"),
    [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("::1", "[::1]"), ("::", "[::1]")],
)
def test_the_address_is_one_that_a_browser_here_can_open(host, at):
    assert serve.address(host, 8501) == f"http://{at}:8501"


def test_nothing_but_the_command_brings_streamlit_in():
    code = (
        "import sys, da_bench.dashboard.report, da_bench.dashboard.serve, da_bench.dashboard.live\n"
        "import da_bench.cli.main; da_bench.cli.main.build()\n"
        "assert 'streamlit' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True,
                          env=dict(os.environ))  # fmt: skip
    assert done.returncode == 0, done.stderr
