"""Command lines with wrong files, options and values, and what has to be said about each."""

from __future__ import annotations

from typing import NamedTuple


class Line(NamedTuple):
    """A wrong command line. `W`, `J`, `F`, `D` and `R` are ids of a workflow and of what it has."""

    number: int
    words: str
    code: int
    says: tuple[str, ...]


def _line(number: int, words: str, *says: str, code: int = 2) -> Line:
    return Line(number, words, code, says)


READERS = (
    "run",
    "submit",
    "submit-slurm -a x",
    "workflows create",
    "workflows create-slurm -a x",
    "workflows execution-plan",
    "workflows convert --to json",
    "workflows import",
    "jobs create-from-file W",
)
FILES = [
    *(_line(1, f"{reader} none.yaml", "none.yaml") for reader in READERS),
    *(_line(1, f"{reader} w.yaml/below", "w.yaml/below") for reader in READERS),
    *(_line(2, f"{reader} folder.yaml", "folder.yaml") for reader in READERS),
    *(_line(3, f"{reader} /proc/self/mem", "/proc/self/mem", code=9) for reader in READERS),
    *(_line(4, f"{reader} empty", "empty") for reader in READERS[:-1]),
    *(_line(5, f"{reader} binary", "binary") for reader in READERS),
    _line(1, "logs analyze none", "none", code=4),
    _line(5, "logs analyze binary", "binary"),
    _line(1, "plot-resources none", "none"),
    _line(2, "plot-resources folder.yaml", "folder.yaml"),
    _line(5, "plot-resources binary", "binary"),
    _line(4, "jobs create-from-file W empty", "no command"),
]
SLURM_GENERATE = "slurm generate -a a --profile kestrel"
VALUES = [
    *(
        _line(1, f"{SLURM_GENERATE} {name}", name, code=code)
        for name, code in (("none.yaml", 2), ("folder.yaml", 2), ("empty", 2), ("binary", 2))
    ),
    _line(12, f"{SLURM_GENERATE} w.yaml", "1 job", '"a"', "resource_requirements"),
    _line(10, "slurm generate w.yaml -a a --profile kestrl", "kestrl", "kestrel", code=4),
    _line(10, f"{SLURM_GENERATE} w.yaml --group-by job", "job", "partition"),
    _line(13, "slurm generate w.yaml --profile kestrel", "account", "--account"),
    _line(13, "slurm generate w.yaml --profile kestrel -a 'a\nb'", "account"),
    _line(13, f"{SLURM_GENERATE} w.yaml -o w.json", "w.json", "YAML"),
    _line(13, f"{SLURM_GENERATE} w.yaml --walltime-multiplier 0.5", "multiplier", "from 1"),
    _line(8, "user-data create W -n x -d '{'", "--data", "JSON"),
    _line(8, "user-data update D -d 'x'", "--data", "JSON"),
    _line(8, "events create W -d '['", "--data", "JSON"),
    _line(8, "workflows update W --metadata '{'", "--metadata", "JSON"),
    _line(11, "workflows update W --metadata '[]'", "--metadata", "JSON object"),
    _line(10, "jobs list W --sort-by colour", "colour", "name"),
    _line(10, "workflows list --sort-by colour", "colour", "name"),
    _line(10, "workflows runs W --sort-by colour", "colour"),
    _line(10, "jobs list W --colour red", "--colour"),
    _line(10, "jobs lst", "lst"),
    _line(10, "workflow list", "workflows"),
    _line(12, "jobs create W -n x", "--command"),
    _line(12, "files create W -n x", "--path"),
    _line(12, "resource-requirements create W", "--name"),
    _line(12, "jobs get", "ID"),
    _line(13, "workflows new -n ''", "name"),
    _line(13, "workflows new -n %LONG%", "name", "255"),
    _line(13, "workflows update W --name ''", "name"),
    _line(13, "jobs create W -n '' -c x", "name"),
    _line(13, "jobs create W -n %LONG% -c x", "name", "255"),
    _line(13, "jobs create W -n x -c ''", "command"),
    _line(13, "files create W -n x -p ''", "path"),
    _line(13, "files update F -p ''", "path"),
    _line(13, "user-data create W -n '' -d 1", "name"),
    _line(15, "jobs create W -n x -c x -b 987654", "987654"),
    _line(15, "jobs create W -n x -c x -i 987654", "987654"),
    _line(15, "jobs create W -n x -c x -o 987654", "987654"),
    _line(15, "jobs create W -n x -c x -r 987654", "987654"),
    _line(15, "jobs update J -r 987654", "987654"),
    _line(26, "resource-requirements create W -n x --num-cpus 1 --memory '8 gigs'", "8 gigs"),
    _line(26, "resource-requirements update R --memory -1g", "-1g"),
    _line(26, "resource-requirements update R --memory 1e99g", "1e99g"),
    _line(26, "jobs create-from-file W w.txt --memory-per-job 8gigs", "8gigs"),
    _line(27, "resource-requirements update R --runtime PT", "PT"),
    _line(27, "resource-requirements update R --runtime 10:00:00", "10:00:00"),
    _line(27, "jobs create-from-file W w.txt --runtime-per-job -PT1H", "-PT1H"),
    _line(27, "jobs update J --runtime soon", "soon"),
    _line(27, "slurm create W -n x -a x --walltime soon", "--walltime", "soon", "HH:MM:SS"),
    _line(27, "slurm create W -n x -a x --walltime 0:0:0", "--walltime", "0:0:0"),
    _line(26, "slurm create W -n x -a x --mem '8 gigs'", "--mem", "8 gigs"),
    _line(7, "slurm create W -n x -a x --extra '--qos=a\n#SBATCH -A y'", "--extra"),
    _line(12, "slurm create W -n x", "--account"),
    _line(13, "slurm create W -n '' -a x", "name"),
    _line(13, "slurm create W -n x -a 'a b'", "--account", "a b"),
    _line(26, "hpc match kestrel --memory '8 gigs'", "8 gigs"),
    _line(27, "hpc match kestrel --walltime soon", "soon", "HH:MM:SS"),
    _line(28, "slurm create W -n x -a x --nodes 0", "--nodes"),
    _line(28, "jobs create-from-file W w.txt --cpus-per-job 0", "--cpus-per-job"),
    _line(28, "resource-requirements update R --num-cpus 9223372036854775808", "num"),
    _line(29, "run w.yaml --cpu-affinity --num-cpus 99999", "99,999"),
    _line(32, "user-data create W -n x -d %DEEP%", "--data", "nested"),
    _line(32, "workflows update W --metadata %DEEP%", "--metadata"),
    _line(32, "events create W -d %DEEP%", "--data", "nested"),
    _line(34, "user-data create W -n x -d 9223372036854775808", "64 bits"),
    _line(34, "user-data create W -n x -d %DIGITS%", "--data"),
    _line(34, "jobs get 9223372036854775808", "9223372036854775808"),
    _line(34, "jobs get %DIGITS%", "9999"),
    _line(34, "workflows get %DIGITS%", "9999"),
    _line(35, r"""user-data create W -n x -d '"\ud800"'""", "--data"),
    _line(35, "workflows new -n a\udcffb", "U+DCFF"),
    _line(35, "jobs create W -n x -c a\udcff", "UTF-8"),
    _line(7, "workflows new -n 'a\x1bb'", "name"),
    _line(7, "jobs create W -n 'a\nb' -c x", "name"),
    _line(38, "workflows get none", "none", code=4),
    _line(38, "workflows get latest --user nobody", "nobody", code=4),
    _line(38, "workflows delete 987654 --no-prompts", "987654", code=4),
    _line(38, "jobs retry J 987654", "987654", code=4),
    _line(38, "run none", "none", code=4),
    _line(38, "hpc show none", "none", "kestrel", code=4),
    _line(38, "hpc partitions none", "none", "kestrel", code=4),
    _line(38, "hpc match --profile none", "none", "kestrel", code=4),
    _line(39, "jobs retry J", "uninitialized", code=5),
    _line(39, "results list W --run-id x", "--run-id"),
    _line(10, "submit-slurm w.yaml -a x --group-by colour", "colour", "partition"),
    _line(12, "submit-slurm w.yaml -a x --hpc-profile kestrel", "requirements"),
    _line(12, "submit w.yaml", "schedule_nodes", "torc submit-slurm"),
    _line(12, "submit W", "schedule_nodes", "torc slurm schedule-nodes"),
    _line(28, "slurm schedule-nodes W -n 0", "--num-hpc-jobs"),
    _line(28, "submit-slurm w.yaml -a x --hpc-profile kestrel --walltime-multiplier 0", "0"),
    _line(38, "submit none", "none", code=4),
    _line(38, "submit-slurm w.yaml -a x --hpc-profile none", "none", code=4),
    _line(39, "slurm schedule-nodes W", "not initialized", code=5),
]
