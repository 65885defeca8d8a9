"""Files with bytes changed at random: workflows in all formats, exported ones, configurations.

    python tests/campaigns/spec_files.py [--bytes 1000000] [--seed 0] [--workers 2]

Every file must be taken or refused with `UsageError`: anything else fails, and so does a file
that takes longer than ten seconds, or more than 256 MiB of memory with all before it. The first
line of a failure names the seed of its file; `--only SEED` repeats it.
"""

from __future__ import annotations

import argparse
import io
import multiprocessing
import resource
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

from torc_core.config.sources import Loaded
from torc_core.errors import UsageError
from torc_core.operations.definition.transfer.read_document import read_document
from torc_core.operations.reporter import SILENT
from torc_core.spec import load_workflow

ROOT = Path(__file__).parents[2]
MAX_SECONDS = 10
MAX_MIB = 256
EXPORTED, CONFIGURED = ".export", ".toml"
_CONFIGURATION = b"""\
[client]
api_url = "http://localhost:8080/torc-service/v1"
format = "json"
log_level = "info"

[client.run]
poll_interval = 5.0
num_cpus = 4
output_dir = 'output'
"""
_OFTEN = 6
"""How often exported workflows and configurations are among the files: a quarter of them."""
_TOKENS = [
    b"{", b"}", b"[", b"]", b"{i}", b"{i:03d}", b"{i:999.99f}", b"${files.input.a}", b"<<: *a",
    b"&a ", b"*a", b"- ", b": ", b"?", b"|", b">", b"!!int ", b"---\n", b"#", b"//", b"/*", b"*/",
    b"/-", b'"', b"'", b'"""', b'#"', b"\\", b"\\u{110000}", b"\\ud800", b"\n", b"\r\n", b"\t",
    b"\0", b"\x1b", b"\xff", b"\xc3", b"\xed\xa0\x80", "\u202e\u200d\u3000e\u0301".encode(),
    b"1:1000000000", b"1:9:0", b"0.1:1:1e-300", b"[1,1.0,01]", b"9" * 60, b"-0", b"1e999",
    b".inf", b"NaN", b"true", b"null", b"~", b"(a{1,99}){1,99}", b"[a-z&&[^b]]", b"(?x) ^ a",
    b"\\p{Greek}", b"(?=a)", b"\\bz", b".*" * 20, b"parameters", b"use_parameters", b"depends_on",
    b"depends_on_regexes", b"name", b"zip", b"jobs",
]  # fmt: skip


def originals() -> list[tuple[str, bytes]]:
    """Return the suffix and the content of files to change."""
    folders = [ROOT / "tests/data/reference_examples", ROOT / "examples"]
    paths = sorted(path for folder in folders for path in folder.rglob("*.*"))
    suffixes = {".yaml", ".json", ".json5", ".kdl"}
    found = [(path.suffix, path.read_bytes()) for path in paths if path.suffix in suffixes]
    exported = (ROOT / "tests/data/exports/reference_1.0.json").read_bytes()
    return [
        *((suffix, content) for suffix, content in found if len(content) < 6_000),
        *[(EXPORTED, exported), (CONFIGURED, _CONFIGURATION)] * _OFTEN,
    ]


def mutated(seeds: list[tuple[str, bytes]], dice: Random) -> tuple[str, bytes, int]:
    """Return the suffix and content of a changed file, and how many bytes are other ones."""
    suffix, original = dice.choice(seeds)
    content = bytearray(original)
    changed = 0
    for _ in range(1 + int(dice.expovariate(0.3))):
        at = dice.randrange(len(content) + 1)
        kind = dice.randrange(5)
        piece = bytes([dice.randrange(256)])
        if kind == 1:
            piece = dice.choice(_TOKENS)
        elif kind == 2:
            start = dice.randrange(len(original))
            piece = original[start : start + dice.randrange(1, 40)]
        elif kind == 3:
            piece = b""
        end = at if kind in {1, 2} else at + dice.randrange(1, 4)
        content[at:end] = piece
        changed += max(len(piece), end - at)
    return suffix, bytes(content), changed


def check(content: bytes, suffix: str, folder: Path) -> str:
    """Return the outcome of a file."""
    path = folder / f"w{suffix}"
    path.write_bytes(content)
    readers: dict[str, Callable[[], object]] = {
        EXPORTED: lambda: read_document(io.BytesIO(content), "w", SILENT),
        CONFIGURED: lambda: Loaded(environ={"TORC_CONFIG": str(path)}).check(),
    }
    read = readers.get(suffix, lambda: load_workflow(path, max_jobs=20_000))
    try:
        read()
    except UsageError:
        return f"{suffix} refused"
    return f"{suffix} taken"


def run(first: int, step: int, budget: int) -> Iterator[tuple[int, str, int, float]]:
    """Yield, of file after file, its seed, its outcome, its changed bytes, and seconds."""
    seeds = originals()
    with tempfile.TemporaryDirectory() as name:
        seed = first
        while budget > 0:
            suffix, content, changed = mutated(seeds, Random(seed))
            start = time.perf_counter()
            signal.alarm(MAX_SECONDS)
            try:
                outcome = check(content, suffix, Path(name))
            except BaseException as error:
                print(f"seed {seed} ({suffix}): {type(error).__name__}: {error}", flush=True)
                raise
            finally:
                signal.alarm(0)
            yield seed, outcome, changed, time.perf_counter() - start
            budget -= changed
            seed += step


def _work(first: int, step: int, budget: int) -> dict[str, Any]:
    signal.signal(signal.SIGALRM, _too_long)
    outcomes: Counter[str] = Counter()
    changed, slowest = 0, (0.0, 0)
    for seed, outcome, more, seconds in run(first, step, budget):
        outcomes[outcome] += 1
        changed += more
        slowest = max(slowest, (seconds, seed))
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    assert peak_mib < MAX_MIB, peak_mib
    return {"outcomes": outcomes, "changed": changed, "slowest": slowest, "peak_mib": peak_mib}


def _too_long(_signal: int, _frame: object) -> None:
    raise TimeoutError(f"longer than {MAX_SECONDS} s")


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--bytes", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only", type=int)
    options = parser.parse_args()
    if options.only is not None:
        print(_work(options.only, 1, 1))
        return 0
    jobs = [
        (options.seed + i, options.workers, options.bytes // options.workers)
        for i in range(options.workers)
    ]
    with multiprocessing.Pool(options.workers) as pool:
        found = pool.starmap(_work, jobs)
    outcomes: Counter[str] = sum((one["outcomes"] for one in found), Counter())
    changed = sum(one["changed"] for one in found)
    seconds, seed = max(one["slowest"] for one in found)
    print(f"{changed:,} bytes changed in {outcomes.total():,} files: {dict(outcomes)}")
    print(f"the slowest took {seconds:.2f} s (seed {seed})")
    print(f"the most memory: {max(one['peak_mib'] for one in found):.0f} MiB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
