"""`tmtp`, our terminal client, as the other peers are driven: one home, commands as processes, answers as JSON."""

import json
import os
import signal
import subprocess
import threading
from pathlib import Path

QUEUED = 3      # exit status of `send`: accepted and durable, not acknowledged in time


class Failed(Exception):
    """A command ended with a status that the caller did not expect."""


class Member:
    """One member of one site at one node: a home of `tmtp`."""

    def __init__(self, home, alias):
        self.home, self.alias, self.watcher = Path(home), alias, None
        self.seen = []

    def run(self, *words, expect=(0,), stdin=None, timeout=120):
        """Runs one command; its JSON document, or None if it printed nothing."""
        done = subprocess.run([os.environ["TMTP_BIN"], "--home", str(self.home), "--json", *map(str, words)],
                              input=stdin, capture_output=True, text=True, timeout=timeout, check=False)
        if done.returncode not in expect:
            raise Failed(f"tmtp {' '.join(map(str, words))}: status {done.returncode}\n{done.stdout}{done.stderr}")
        return json.loads(done.stdout) if done.stdout.strip() else None

    def items(self, *words):
        """All rows of a list, page by page."""
        rows, cursor = [], None
        while True:
            page = self.run(*words, *(["--page", cursor] if cursor else []))
            rows += page["items"]
            cursor = page["next"]
            if not cursor:
                return rows

    def join(self, address):
        self.run("join", address, "--alias", self.alias)

    def send(self, to, subject, text, attach=(), wait=20):
        """Accepts a new thread; (item, acknowledged)."""
        words = ["send", "--to", *to, "--subject", subject, "--text", text, "--wait", wait]
        for path in attach:
            words += ["--attach", path]
        item = self.run(*words, expect=(0, QUEUED))
        return item

    def reply(self, thread, text, attach=(), wait=20):
        words = ["reply", thread, "--text", text, "--wait", wait]
        for path in attach:
            words += ["--attach", path]
        return self.run(*words, expect=(0, QUEUED))

    def messages(self):
        """Every message of every thread, with its thread's row."""
        for thread in self.items("threads"):
            for message in self.items("thread", thread["thread"]):
                yield thread, message

    def watch(self):
        """Starts `watch` as a process of its own and keeps what it prints."""
        self.watcher = subprocess.Popen([os.environ["TMTP_BIN"], "--home", str(self.home), "--json", "watch"],
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        threading.Thread(target=self._keep, args=(self.watcher.stdout,), daemon=True).start()

    def _keep(self, lines):
        for line in lines:
            self.seen.append(json.loads(line))

    def kill(self):
        """The process is gone between two instructions."""
        if self.watcher:
            self.watcher.kill()
            self.watcher.wait()
            self.watcher = None

    def stop(self):
        """Ctrl-C: an orderly end."""
        if self.watcher:
            self.watcher.send_signal(signal.SIGINT)
            self.watcher.wait(20)
            self.watcher = None
