"""A real TMTP site: the mnm server on a free loopback port with a data directory of its own.

    with Server(tmp / "site") as site:
        ... connect a client to site.address ...
        assert site.crash() is None

The server's binary is named by the environment variable MNM_BIN.
"""

import contextlib
import json
import signal
import socket
import subprocess
import time
from pathlib import Path

from process import HOST, PeerError, Process, binary, free_port, usage


class Server:
    """The mnm server. `wrap` is a command to run it under, such as ["strace", "-o", ...]."""

    def __init__(self, directory, name="Test Site", port=0, auth=0, authby=None, wrap=()):
        self.directory, self.name, self.port = Path(directory), name, port
        self.auth, self.authby, self.wrap = auth, authby, list(wrap)
        self.process = None

    @property
    def address(self):
        return f"{HOST}:{self.port}"

    @property
    def log(self):
        return self.directory / "server.log"

    def start(self, timeout=10.0):
        """Start, or start again on the same port with the same data."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self._certificate()
        fixed = self.port != 0
        for _ in range(5):
            if not fixed:
                self.port = free_port()
            self._configure()
            self.process = Process(self.wrap + [binary("MNM_BIN")], self.directory, self.log)
            if self._listening(timeout):
                return self
            if fixed or "address already in use" not in self.process.tail():
                break
        raise PeerError(f"server does not listen on {self.address}:\n{self.process.tail()}")

    def stop(self):
        """Orderly end (SIGINT): the server finishes what it is receiving."""
        return self.process.end(signal.SIGINT) if self.process else None

    def kill(self):
        """The power fails."""
        self.process.kill()

    def running(self):
        return self.process is not None and self.process.running()

    def crash(self):
        """The panic message if the server has died of one, else None."""
        for line in self.log.read_text(errors="replace").splitlines():
            if line.startswith(("panic:", "fatal error:")):
                return line
        return None

    def usage(self):
        return usage(self.process.popen.pid)

    def queued(self, uid, node=None):
        """How many messages wait for a user's nodes, or for one of them (1 is the first)."""
        pattern = f"*/{uid.lower()}.{'*' if node is None else f'{node:02d}'}"
        return sum(1 for queue in (self.directory / "qstore").glob(pattern) for _ in queue.iterdir())

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def _certificate(self):
        key, crt = self.directory / "server.key", self.directory / "server.crt"
        if not crt.exists():
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                            "-nodes", "-keyout", key, "-out", crt, "-days", "30", "-subj", "/CN=localhost",
                            "-addext", f"subjectAltName=DNS:localhost,IP:{HOST}"],
                           check=True, capture_output=True)

    def _configure(self):
        config = {"ntp": {"hosts": ["x"], "retries": 1},
                  "listen": {"net": "tcp", "laddr": self.address,
                             "certPath": "server.crt", "keyPath": "server.key"},
                  "name": self.name, "auth": self.auth, "authby": self.authby}
        (self.directory / "mnm.config").write_text(json.dumps(config))

    def _listening(self, timeout):
        end = time.monotonic() + timeout
        while self.process.running() and time.monotonic() < end:
            with contextlib.suppress(OSError), socket.create_connection((HOST, self.port), 0.2):
                return True
            time.sleep(0.02)
        return False
