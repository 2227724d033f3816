"""Start of Streamlit's server for the app, which sends no request to any other host."""

import importlib.util
import socket
import threading
import webbrowser
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from da_bench.config.extras import MissingExtra, install_command
from da_bench.figures.style import DARK, LIGHT, colour

from .hosts import EVERY, LOCAL, PORTS, KnownHosts, check_name

SCRIPT = Path(__file__).parent / "script" / "app.py"
ACCENT = {"light": colour(0), "dark": "#6FB4E8"}
"""Colour of buttons and links; a lighter blue on dark, for the contrast."""


def options(host: str, port: int, more_names: Sequence[str] = ()) -> dict[str, Any]:
    """Streamlit's settings by name, which replace those of its configuration files.

    Args:
        host: Address to listen on.
        port: Port to listen on.
        more_names: Further names of the host, such as that of a proxy.
    """
    settings: dict[str, Any] = {
        "server.address": host,  # without it Streamlit asks another host for its own address
        "server.port": port,
        "server.headless": True,  # neither a browser nor a question about an e-mail address
        "server.fileWatcherType": "none",
        "server.runOnSave": False,
        "server.enableXsrfProtection": True,
        "server.enableCORS": True,
        "server.allowedHosts": [] if host in EVERY else [*LOCAL, host, *more_names],
        "server.corsAllowedOrigins": [
            f"{scheme}://{name}" for name in more_names for scheme in PORTS
        ],
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
    for name, colours in (("light", LIGHT), ("dark", DARK)):
        prefix = f"theme.{name}"
        settings |= {
            f"{prefix}.backgroundColor": colours["paper"],
            f"{prefix}.secondaryBackgroundColor": colours["card"],
            f"{prefix}.textColor": colours["text"],
            f"{prefix}.primaryColor": ACCENT[name],
            f"{prefix}.linkColor": ACCENT[name],
            f"{prefix}.borderColor": colours["line"],
            f"{prefix}.codeTextColor": colours["text"],
            f"{prefix}.grayTextColor": colours["muted"],
        }
    settings["theme.showWidgetBorder"] = True
    settings["theme.linkUnderline"] = True
    return settings


def check(host: str, port: int) -> None:
    """Checks that the server can start, before anything is loaded.

    Args:
        host: Address to listen on.
        port: Port to listen on.

    Raises:
        MissingExtra: Streamlit is not installed.
        ValueError: The port is not a number from 1 to 65535.
        OSError: Something listens there already, or this machine has no such address.
    """
    if importlib.util.find_spec("streamlit") is None:
        raise MissingExtra(
            f"da-bench dashboard needs Streamlit: {install_command('dashboard')}; "
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
    """Address family of a host: IPv6 where it has colons, else IPv4."""
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def address(host: str, port: int) -> str:
    """URL at which a browser on this machine finds the app."""
    local_name = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(
        host, f"[{host}]" if ":" in host else host
    )
    return f"http://{local_name}:{port}"


def serve(
    folder: Path,
    host: str,
    port: int,
    browser: bool,
    say: Callable[[str], None] = print,
    more_names: Sequence[str] = (),
) -> None:
    """Serves the app until it is interrupted.

    Args:
        folder: Folder of a comparison or sweep.
        host: Address to listen on.
        port: Free port.
        browser: Whether to open a browser.
        say: Takes lines for the terminal, once the folder is read.
        more_names: Further names of the host, such as that of a proxy.

    Raises:
        StoreError: There is no such folder, or a row was written by a newer schema.
        MissingExtra: Streamlit is not installed.
        ValueError: The port or a name is not valid.
        OSError: Something listens there already, or this machine has no such address.
    """
    for name in more_names:
        check_name(name)
    check(host, port)
    from starlette.middleware import Middleware
    from streamlit.starlette import App
    from streamlit.web import bootstrap

    from .views import prepare

    prepare(folder.resolve())
    say(f"Results of {folder}: {address(host, port)} (Ctrl-C ends it)")
    if host not in ("127.0.0.1", "::1", "localhost"):
        say(f"Anyone who reaches {host} can read them: there is no password.")
    if browser:
        threading.Timer(1.0, webbrowser.open, [address(host, port)]).start()
    options_by_name = options(host, port, more_names)
    settings = {name.replace(".", "_"): value for name, value in options_by_name.items()}
    bootstrap.load_config_options(settings)
    app: Any = App(SCRIPT, middleware=[Middleware(KnownHosts, host=host, more_names=more_names)])
    bootstrap.run_asgi_app(str(SCRIPT), app, [str(folder.resolve())], settings)
