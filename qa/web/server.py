"""Serve the application with waitress."""

from __future__ import annotations

import logging
import signal
import threading
from types import FrameType

import waitress
from apiflask import APIFlask

from qa.config import Settings
from qa.errors import ConfigError
from qa.web.service import Service

# It warns of every request that waits its turn, which is what the queue is for.
logging.getLogger("waitress.queue").setLevel(logging.ERROR)

# Received beyond the app's own limit, so that the app can answer 413 in its own form.
_BEYOND = 4 * 1024 * 1024
# Seconds that the end of the program waits for a snapshot that is being opened.
_LONGEST_RELOAD = 10.0


def serve(app: APIFlask, settings: Settings) -> None:
    """Serve until interrupted; SIGHUP and a new ``index/CURRENT`` change the snapshot.

    Raises:
        ConfigError: the address can't be listened on.
    """
    host, port = settings.server.host, settings.server.port
    try:
        server = waitress.create_server(
            app,
            host=host,
            port=port,
            threads=settings.server.threads,
            max_request_body_size=1024 * settings.server.max_body_kb + _BEYOND,
            ident="qa",
            clear_untrusted_proxy_headers=True,
        )
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"server: can't listen on {host}:{port}: {error}; stop what listens there, or choose "
            "another --host or --port"
        ) from None
    service: Service = app.extensions["qa.service"]
    watcher = threading.Thread(target=service.watch, daemon=True)
    watcher.start()

    def reload(signum: int, frame: FrameType | None) -> None:
        service.wake()

    def terminate(signum: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGHUP, reload)
    signal.signal(signal.SIGTERM, terminate)
    # A host with several addresses gives a server with several sockets.
    actual = getattr(server, "effective_port", None) or server.effective_listen[0][1]
    print(f"http://{_shown(host)}:{actual}", flush=True)
    try:
        server.run()
    finally:
        service.stop()
        server.close()
        # Native code should not be running when the process ends.
        watcher.join(_LONGEST_RELOAD)


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host
