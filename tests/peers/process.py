"""Child processes of the acceptance tests: where their programs are, how they end, what they use."""

import atexit
import contextlib
import os
import signal
import socket
import subprocess
from pathlib import Path

HOST = "127.0.0.1"               # only loopback addresses are ever used


class PeerError(Exception):
    """A peer could not be started, or it died."""


def binary(variable):
    """Path named by an environment variable; PeerError tells which one is missing."""
    path = os.environ.get(variable)
    if not path:
        raise PeerError(f"environment variable {variable} is not set")
    if not Path(path).exists():
        raise PeerError(f"{variable}={path}: no such file")
    return str(Path(path).resolve())


def free_port():
    """A loopback TCP port that nobody uses now."""
    with socket.socket() as s:
        s.bind((HOST, 0))
        return s.getsockname()[1]


def usage(pid):
    """CPU seconds (user and system), resident memory now and at its peak (KiB) of a process."""
    stat = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    tick = os.sysconf("SC_CLK_TCK")
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return {"cpu": (int(stat[11]) + int(stat[12])) / tick,
            "rss": int(status["VmRSS"].split()[0]), "peak": int(status["VmHWM"].split()[0])}


class Process:
    """A child process with its output in a file, ended at the latest when this interpreter exits.

    It leads a process group of its own: signals reach a wrapper such as strace and what runs under it."""

    def __init__(self, argv, cwd, log):
        self.log = Path(log)
        with open(self.log, "ab") as out:
            self.popen = subprocess.Popen(argv, cwd=cwd, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                          start_new_session=True)
        atexit.register(self.kill)

    def running(self):
        return self.popen.poll() is None

    def end(self, sig, timeout=10.0):
        """Ask the process to end, insist after `timeout` seconds; returns the exit status."""
        self._signal(sig)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.popen.wait(timeout)
        self.kill()
        return self.popen.returncode

    def kill(self):
        self._signal(signal.SIGKILL)
        self.popen.wait()
        atexit.unregister(self.kill)

    def _signal(self, sig):
        if self.running():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.popen.pid, sig)

    def tail(self, lines=25):
        """Last lines of what the process wrote."""
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
