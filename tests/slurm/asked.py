"""How often the daemons of a cluster were asked, as they say themselves."""

from __future__ import annotations

import re

from slurm.cluster.cluster import Cluster


def looks(cluster: Cluster) -> int:
    """Return how often the controller was asked for its queue."""
    return _count(cluster.run("sdiag").stdout, r"REQUEST_JOB_INFO\b")


def accounts(cluster: Cluster) -> int:
    """Return how often accounting was asked for jobs."""
    return _count(cluster.run("sacctmgr", "show", "stats").stdout, "DBD_GET_JOBS_COND")


def _count(text: str, line: str) -> int:
    found = re.search(rf"{line}.*?count:\s*([0-9]+)", text, re.DOTALL)
    return int(found[1]) if found else 0
