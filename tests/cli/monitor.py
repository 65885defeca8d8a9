"""`torc events monitor`, while it runs."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from queue import Queue

from forks.processes import Process
from waiting import wait_for

from torc_core.model.events.event import Event


def create(client, workflow, **data):
    return client.create_event(Event(workflow_id=workflow, timestamp=0, data=data)).id


class Monitor:
    """`torc events monitor` of a test, with the lines that it prints."""

    def __init__(self, url, *arguments, cwd):
        self.process = Process(
            [sys.executable, "-m", "torc_tui", *map(str, arguments)],
            env={**os.environ, "TORC_API_URL": url},
            cwd=cwd,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.lines: Queue[str] = Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self):
        with self.process.stdout as lines:
            for line in lines:
                self.lines.put(line)

    def end(self):
        self.process.kill()
        self.process.wait()
        self._reader.join()
        self.process.stderr.close()

    def next(self):
        return self.lines.get(timeout=100)

    def first(self, client, workflow, **data):
        """Create events until one is shown: then the monitor listens."""

        def is_shown():
            create(client, workflow, **data)
            return not self.lines.empty()

        wait_for(is_shown, "an event")
        return self.next()
