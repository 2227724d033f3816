"""Starts Streamlit's server for the app: on the loopback unless told, asking no other host."""

import importlib.util
import socket
import threading
import webbrowser
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from da_bench.config.extras import MissingExtra
from da_bench.figures.style import DARK, LIGHT, colour

from .hosts import EVERY, LOCAL, PORTS, KnownHosts, check_name

SCRIPT = Path(__file__).parent / "script" / "app.py"
ACCENT = {"light": colour(0), "dark": "#6FB4E8"}
"""Of what can be pressed; in dark a lighter blue, for the contrast."""


def options(host: str, port: int, more: Sequence[str] = ()) -> dict[str, Any]:
    """Streamlit's settings, which win over any file of its own."""
    found: dict[str, Any] = {
        "server.address": host,  # without it Streamlit asks another host for its own address
        "server.port": port,
        "server.headless": True,  # neither a browser nor a question about an e-mail address
        "server.fileWatcherType": "none",
        "server.runOnSave": False,
        "server.enableXsrfProtection": True,
        "server.enableCORS": True,
        "server.allowedHosts": [] if host in EVERY else [*LOCAL, host, *more],
        "server.corsAllowedOrigins": [f"{s}://{name}" for name in more for s in PORTS],
        "server.enableStaticServing": False,
        "browser.gatherUsageStats": False,
        "client.toolbarMode": "minimal",
        "client.showErrorDetails": "none",  # a fault's trace is for the terminal
        "client.showErrorLinks": False,
        "global.developmentMode": False,
        "logger.hideWelcomeMessage": True,
        "logger.enableRich": False,
        "runner.magicEnabled": False,
    }
    for name, of in (("light", LIGHT), ("dark", DARK)):
        here = f"theme.{name}"
        found |= {
            f"{here}.backgroundColor": of["paper"],
            f"{here}.secondaryBackgroundColor": of["card"],
            f"{here}.textColor": of["text"],
            f"{here}.primaryColor": ACCENT[name],
            f"{here}.linkColor": ACCENT[name],
            f"{here}.borderColor": of["line"],
            f"{here}.codeTextColor": of["text"],
            f"{here}.grayTextColor": of["muted"],
        }
    found["theme.showWidgetBorder"] = True
    found["theme.linkUnderline"] = True
    return found


def check(host: str, port: int) -> None:
    """Raises before anything is loaded, where the server could not start.

    Raises:
        MissingExtra: Streamlit is not installed.
        ValueError: The port is no port.
        OSError: Something listens there already, or the host is none of this machine.
    """
    if importlib.util.find_spec("streamlit") is None:
        raise MissingExtra(
            "da-bench dashboard needs Streamlit: pip install 'da-bench[dashboard]'; "
            "da-bench report writes the same figures into one file without it"
        )
    if not 1 <= port <= 65535:
        raise ValueError(f"--port {port}: expected 1 to 65535, such as 8501")
    try:
        with socket.create_server((host, port), family=family(host)):
            pass
    except OSError as error:
        raise OSError(
            f"can't listen on {host} port {port} ({error.strerror or error}): name a free port "
            "with --port, and with --host an address of this machine"
        ) from error


def family(host: str) -> socket.AddressFamily:
    """IPv6 where the address has colons."""
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def address(host: str, port: int) -> str:
    """Where a browser on this machine finds it."""
    near = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{near}:{port}"


def serve(
    folder: Path,
    host: str,
    port: int,
    browser: bool,
    say: Callable[[str], None] = print,
    more: Sequence[str] = (),
) -> None:
    """Serves the app until it is interrupted.

    Args:
        folder: Of a comparison or sweep.
        host: Address to listen on.
        port: Port, free.
        browser: Whether to open one.
        say: Takes lines for the terminal, once the folder is read.
        more: Names beside the host's that it is asked for by, such as that of a proxy.

    Raises:
        StoreError: There is no such folder, or a row was written by a newer schema.
        MissingExtra, ValueError, OSError: As :func:`check`.
    """
    for name in more:
        check_name(name)
    check(host, port)
    from starlette.middleware import Middleware
    from streamlit.starlette import App
    from streamlit.web import bootstrap

    from .views import ready

    ready(folder.resolve())
    say(f"Results of {folder}: {address(host, port)} (Ctrl-C ends it)")
    if host not in ("127.0.0.1", "::1", "localhost"):
        say(f"Anyone who reaches {host} can read them: there is no password.")
    if browser:
        threading.Timer(1.0, webbrowser.open, [address(host, port)]).start()
    found = options(host, port, more)
    settings = {name.replace(".", "_"): value for name, value in found.items()}
    bootstrap.load_config_options(settings)
    app: Any = App(SCRIPT, middleware=[Middleware(KnownHosts, host=host, more=more)])
    bootstrap.run_asgi_app(str(SCRIPT), app, [str(folder.resolve())], settings)
