"""A profile of the cluster at hand, from what Slurm's programs print of it. Pure.

Sources: sinfo(1) for the columns, scontrol(1) and slurm.conf(5) for the fields of partitions, of
Slurm 22.05.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from torc_core.config.hpc import Partition
from torc_core.hpc.profiles.profile import Origin, Profile
from torc_core.hpc.slurm.programs.argv import PARTITION_COLUMNS
from torc_core.hpc.slurm.programs.parse import parse_settings
from torc_core.spec.fields import walltime_seconds
from torc_core.spec.patterns.syntax import quote

NO_LIMIT_S = 365 * 86_400
"""What stands for no limit: a year, as in the reference's profile of such a partition."""
STANDBY = "-stdby"
"""The end of the names of partitions whose jobs give way to others."""
_GPU = re.compile(r"gpu(?::(?P<type>[^:(,]+))??(?::(?P<count>\d+))?(?:\([^)]*\))?")
_FIELD = re.compile(r"(\w+)=(\S*)")
_AMOUNTS = (("%c", "CPUs"), ("%m", "memory"))
"""Columns that end in + if the nodes of a line differ, and what they are of."""
_UNTOLD_MB = 1
"""What Slurm says of nodes without RealMemory in slurm.conf. It refuses jobs that ask for more."""
_EVERYONE = ("ALL", "(null)", "")
"""What the lists of those who may use a partition say if that is everyone."""


class ClusterTexts(NamedTuple):
    """What Slurm's programs print."""

    sinfo: str
    """The columns `PARTITION_COLUMNS`, separated by `|`, without a heading: a line for each kind of
    nodes of each partition."""
    partitions: str
    """Of `scontrol show partition`."""
    configuration: str
    """Of `scontrol show config`."""
    nodes: str = ""
    """Of `scontrol show node`."""


class Reading(NamedTuple):
    """A profile, and what it cannot say."""

    profile: Profile
    remarks: Mapping[str, tuple[str, ...]]
    """What users should know of partitions, by name."""
    left_out: Mapping[str, str]
    """Why the partitions are missing that are, by name."""


class _Nodes(NamedTuple):
    """Nodes of one kind of a partition."""

    number: int
    num_cpus: int
    memory_mb: int
    limit: str
    num_gpus: int
    gpu_type: str
    differs: tuple[str, ...]
    """What these nodes have different amounts of."""


class _Reserved(NamedTuple):
    """What Slurm keeps for the system on a node, and gives to no job."""

    num_cpus: int = 0
    memory_mb: int = 0


def read_cluster(
    texts: ClusterTexts,
    *,
    hostname: str,
    name: str | None = None,
    display_name: str | None = None,
    skips_standby: bool = False,
) -> Reading:
    """Return a profile of a cluster.

    Where the nodes of a partition differ, it has the fewest CPUs and the least memory of them, so
    that all that is planned with it fits on any node. It has GPUs if some of its nodes do, and then
    says how many: Slurm finds these for jobs that ask for GPUs.

    Args:
        texts: What Slurm's programs print.
        hostname: The name of this machine; the profile will recognize others of its domain.
        name: What to call the profile; by default as the cluster, or else the machine.
        display_name: Its name for people.
        skips_standby: Leave out partitions whose jobs give way to others.
    """
    settings = parse_settings(texts.configuration)
    called = name or settings.get("ClusterName") or hostname.partition(".")[0]
    details = {each["PartitionName"]: each for each in partition_fields(texts.partitions)}
    reserved = _reserved_by_partition(texts.nodes)
    shares_nodes = not settings.get("SelectType", "").endswith("linear")
    partitions: list[Partition] = []
    remarks: dict[str, tuple[str, ...]] = {}
    left_out: dict[str, str] = {}
    for partition, nodes in _nodes_by_partition(texts.sinfo).items():
        fields = details.get(partition, {})
        reason = _reason_to_leave_out(partition, fields, nodes, skips_standby=skips_standby)
        if reason:
            left_out[partition] = reason
            continue
        own = [_given(each, reserved.get(partition, _Reserved())) for each in nodes]
        partitions.append(_partition(partition, fields, own, shares_nodes=shares_nodes))
        remarks[partition] = tuple(_remarks(partition, fields, nodes))
    profile = Profile(
        name=called,
        display_name=display_name or called.capitalize(),
        detect_hostname=host_pattern(hostname),
        partitions=tuple(partitions),
        origin=Origin.CLUSTER,
    )
    return Reading(profile, remarks, left_out)


def host_pattern(hostname: str) -> str:
    """Return the pattern of the machines of a cluster, from the name of one of them.

    Those of a domain have it in common; else all names that differ in their number only.
    """
    host, dot, domain = hostname.partition(".")
    if dot:
        return f".*\\.{_quoted(domain)}"
    return f"^{_quoted(host.rstrip('0123456789'))}[0-9]*$"


def _quoted(text: str) -> str:
    return quote(text).replace("\\-", "-")


def partition_fields(text: str) -> Iterator[dict[str, str]]:
    """Yield the fields of each partition, however many lines it takes.

    Args:
        text: What `scontrol show partition` prints.
    """
    for part in text.split("PartitionName=")[1:]:
        yield dict(_FIELD.findall(f"PartitionName={part}"))


def _reserved_by_partition(text: str) -> dict[str, _Reserved]:
    """Return the most that is reserved on any node of each partition."""
    found: dict[str, _Reserved] = {}
    for part in text.split("NodeName=")[1:]:
        fields = dict(_FIELD.findall(part))
        total, given = (_number(fields.get(name)) or 0 for name in ("CPUTot", "CPUEfctv"))
        num_cpus = total - given if given else 0
        memory_mb = _number(fields.get("MemSpecLimit")) or 0
        for name in fields.get("Partitions", "").split(","):
            most = found.get(name, _Reserved())
            found[name] = _Reserved(max(most.num_cpus, num_cpus), max(most.memory_mb, memory_mb))
    return found


def _given(nodes: _Nodes, reserved: _Reserved) -> _Nodes:
    """Return what jobs get of nodes."""
    return nodes._replace(
        num_cpus=max(nodes.num_cpus - reserved.num_cpus, 1),
        memory_mb=max(nodes.memory_mb - reserved.memory_mb, _UNTOLD_MB),
    )


def _nodes_by_partition(text: str) -> dict[str, list[_Nodes]]:
    """Return the kinds of nodes of each partition, in Slurm's order."""
    found: dict[str, list[_Nodes]] = {}
    for line in text.splitlines():
        row = dict(zip(PARTITION_COLUMNS, line.split("|"), strict=False))
        if len(row) == len(PARTITION_COLUMNS):  # others head the partitions of a cluster
            found.setdefault(row["%P"].removesuffix("*"), []).append(_read_nodes(row))
    return found


def _read_nodes(row: Mapping[str, str]) -> _Nodes:
    gpus = list(_read_gpus(row.get("%G", "")))
    return _Nodes(
        number=_number(row.get("%D")) or 0,
        num_cpus=_number(row.get("%c")) or 0,
        memory_mb=_number(row.get("%m")) or 0,
        limit=row.get("%l", ""),
        num_gpus=sum(number for _, number in gpus),
        gpu_type=gpus[0][0] if len({kind for kind, _ in gpus}) == 1 else "",
        differs=tuple(what for column, what in _AMOUNTS if row.get(column, "").endswith("+")),
    )


def _read_gpus(gres: str) -> Iterator[tuple[str, int]]:
    """Yield type and number from GRES like `gpu:a100:4(S:0-1),nvme:1`; the type may be empty."""
    for each in re.split(r",(?![^(]*\))", gres):
        if found := _GPU.fullmatch(each.strip()):
            yield found["type"] or "", int(found["count"] or 1)


def _number(text: str | None) -> int | None:
    """Return a number as Slurm prints it: "8", "8+" for the least of several, "N/A" for none."""
    found = re.match(r"\d+", text or "")
    return int(found[0]) if found else None


def _reason_to_leave_out(
    name: str, fields: Mapping[str, str], nodes: Iterable[_Nodes], *, skips_standby: bool
) -> str:
    state = fields.get("State", "UP")
    if skips_standby and name.endswith(STANDBY):
        return "its jobs give way to others"
    if state != "UP":
        return f"its state is {state}"
    if fields.get("Hidden") == "YES":
        return "it is hidden"
    if fields.get("RootOnly") == "YES":
        return "only root may use it"
    if not any(each.number and each.num_cpus and each.memory_mb for each in nodes):
        return "it has no nodes"
    return ""


def _partition(
    name: str, fields: Mapping[str, str], nodes: list[_Nodes], *, shares_nodes: bool
) -> Partition:
    with_gpus = [each for each in nodes if each.number and each.num_gpus]
    num_nodes, num_gpu_nodes = (sum(each.number for each in kind) for kind in (nodes, with_gpus))
    types = {each.gpu_type for each in with_gpus}
    num_cpus = (
        _least(*(each.num_cpus for each in nodes), _number(fields.get("MaxCPUsPerNode"))) or 1
    )
    memory_mb = _least(
        *(each.memory_mb for each in nodes if each.memory_mb != _UNTOLD_MB),
        _number(fields.get("MaxMemPerNode")),
        (_number(fields.get("MaxMemPerCPU")) or 0) * num_cpus,
    )
    least_nodes = _number(fields.get("MinNodes")) or 1
    sharing = fields.get("OverSubscribe", "NO").partition(":")[0]
    return Partition(
        name=name,
        cpus_per_node=num_cpus,
        memory_mb=memory_mb,
        max_walltime_secs=_limit_s(fields.get("MaxTime") or nodes[0].limit),
        gpus_per_node=min(each.num_gpus for each in with_gpus) if with_gpus else None,
        gpu_nodes=num_gpu_nodes if 0 < num_gpu_nodes < num_nodes else None,
        gpu_type=(types.pop() or None) if len(types) == 1 else None,
        shared=sharing in ("YES", "FORCE") or (sharing == "NO" and shares_nodes),
        min_nodes=least_nodes if least_nodes > 1 else None,
        # Slurm lets a request for more nodes than there are wait for ever.
        max_nodes=_least(_number(fields.get("MaxNodes")), num_nodes),
        requires_explicit_request=any(_restrictions(name, fields)),
    )


def _least(*numbers: int | None) -> int | None:
    """Return the least of the numbers that are there, None if none is."""
    return min((each for each in numbers if each), default=None)


def _limit_s(text: str) -> int:
    seconds = walltime_seconds(text)
    return min(seconds, NO_LIMIT_S) if seconds else NO_LIMIT_S


def _restrictions(name: str, fields: Mapping[str, str]) -> Iterator[str]:
    """Yield why a partition should not be chosen unless it is asked for."""
    if name.endswith(STANDBY):
        yield "jobs here give way to others"
    for field, what in (("AllowAccounts", "accounts"), ("AllowQos", "QOS")):
        allowed = fields.get(field, "ALL")
        if allowed not in _EVERYONE:
            yield f"only for the {what} {allowed}"
    if fields.get("ReqResv") == "YES":
        yield "needs a reservation"


def _remarks(name: str, fields: Mapping[str, str], nodes: list[_Nodes]) -> Iterator[str]:
    """Yield what the fields of a partition do not say."""
    yield from _restrictions(name, fields)
    differs = {what for each in nodes for what in each.differs}
    if len({each.num_cpus for each in nodes}) > 1:
        differs.add("CPUs")
    if len({each.memory_mb for each in nodes}) > 1:
        differs.add("memory")
    yield from (f"its nodes differ in {what}; this is the least" for what in sorted(differs))
    if len({bool(each.num_gpus) for each in nodes if each.number}) > 1:
        yield "only some of its nodes have GPUs"
    kinds = {f"{each.num_gpus} {each.gpu_type}".strip() for each in nodes if each.num_gpus}
    if len(kinds) > 1:
        yield f"its nodes have different GPUs: {', '.join(sorted(kinds))}"
    if any(each.memory_mb == _UNTOLD_MB for each in nodes):
        yield "Slurm's configuration lacks the memory of some or all of its nodes"
    if not walltime_seconds(fields.get("MaxTime") or nodes[0].limit):
        yield "it has no limit of time; a year stands for that"
