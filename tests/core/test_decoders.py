"""Decoders that many threads ask for at once."""

from __future__ import annotations

import subprocess
import sys

import pytest

AT_ONCE = """
import sys, threading
from torc_core.decoders import convert, decoder_of
from torc_core.model.execution import ExecutionConfig
from torc_core.model.job import Job
from torc_core.model.page import Page

sys.setswitchinterval(1e-6)
barrier = threading.Barrier(8)
seen = []

def work():
    barrier.wait()
    assert convert({"limit_resources": True}, ExecutionConfig).limit_resources
    seen.append(decoder_of(Page[Job]).decode(b'{"items":[{"workflow_id":1,"name":"a",'
        b'"command":"b"}],"offset":0,"total_count":1,"count":1,"max_limit":1,"has_more":false}'))

threads = [threading.Thread(target=work) for _ in range(8)]
for each in threads:
    each.start()
for each in threads:
    each.join()
assert len(seen) == 8 and all(page == seen[0] for page in seen)
"""


@pytest.mark.parametrize("number", range(5))
def test_threads_that_read_the_first_reply_of_a_type_at_once_do_not_crash(number):
    done = subprocess.run([sys.executable, "-c", AT_ONCE], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
