"""The texts of the cluster's configuration files; pure.

Source: slurm.conf(5), slurmdbd.conf(5), gres.conf(5), cgroup.conf(5) of Slurm 22.05.
"""

from __future__ import annotations

import msgspec
from slurm.cluster.place import Place
from slurm.cluster.settings import Machine, Settings

_GPU_DEVICES = ("/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
"""GPUs have to be character devices, each another one."""


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """All that configuration follows from."""

    place: Place
    settings: Settings
    machine: Machine
    host: str
    """The name of this machine."""
    user: str
    """Who starts it."""

    @property
    def network(self) -> str:
        """The first three numbers of the nodes' addresses."""
        return f"10.213.{self.place.number}" if self.settings.own_networks else "127.0.1"

    @property
    def address(self) -> str:
        """Where nodes reach what runs on this machine."""
        return f"{self.network}.254" if self.settings.own_networks else "127.0.0.1"

    @property
    def nodes(self) -> tuple[str, ...]:
        return tuple(map(self.place.node, range(1, self.settings.nodes + 1)))


def files(layout: Layout) -> dict[str, str]:
    """Return the content of all files by name."""
    texts = {
        "slurm.conf": slurm_conf(layout),
        "gres.conf": gres_conf(layout),
        "hosts": hosts(layout),
    }
    if layout.machine.control_groups:
        texts["cgroup.conf"] = _CGROUP_CONF
    if layout.settings.accounting:
        texts["slurmdbd.conf"] = slurmdbd_conf(layout)
        texts["my.cnf"] = my_cnf(layout)
    return texts


def slurm_conf(layout: Layout) -> str:
    """Return the configuration of controller, nodes and clients.

    Reactions are as quick as Slurm allows. What stays slow is its tick of 30 s, on which limits of
    time and nodes that are silent are noticed. A requeued job is held back for `cred_expire`.
    """
    place, settings, directory = layout.place, layout.settings, layout.place.directory
    confined = layout.machine.control_groups
    return _lines(
        f"ClusterName=torc{place.number}",
        f"SlurmctldHost={layout.host}({layout.address})",
        f"SlurmctldPort={place.controller_port}",
        f"SlurmUser={layout.user}",
        f"SlurmdUser={layout.user}",
        "AuthType=auth/munge",
        "CredType=cred/munge",
        f"AuthInfo=socket={directory}/run/munge.socket,cred_expire=5",
        f"StateSaveLocation={directory}/state",
        f"SlurmdSpoolDir={directory}/spool/%n",
        f"SlurmctldPidFile={directory}/run/slurmctld.pid",
        f"SlurmdPidFile={directory}/run/slurmd.%n.pid",
        f"SlurmctldLogFile={directory}/log/slurmctld.log",
        f"SlurmdLogFile={directory}/log/slurmd.%n.log",
        "SlurmctldDebug=verbose",
        "SlurmdDebug=verbose",
        "MailProg=/bin/true",
        f"ProctrackType=proctrack/{'cgroup' if confined else 'linuxproc'}",
        f"TaskPlugin=task/{'cgroup' if confined else 'none'}",
        "" if confined else "JobAcctGatherParams=OverMemoryKill",
        "JobAcctGatherType=jobacct_gather/linux",
        "JobAcctGatherFrequency=task=1",
        "MpiDefault=none",
        "SwitchType=switch/none",
        "ReturnToService=2",
        "SlurmctldTimeout=30",
        "SlurmdTimeout=10",
        "KillWait=3",
        "InactiveLimit=0",
        "MinJobAge=300",
        f"MessageTimeout={settings.message_timeout_s}",
        "Waittime=0",
        "JobRequeue=1",
        f"EnforcePartLimits={'ALL' if settings.refuses_over_limits else 'NO'}",
        "SchedulerType=sched/backfill",
        "SchedulerParameters="
        "bf_interval=1,sched_interval=2,batch_sched_delay=0,sched_min_interval=0",
        "SelectType=select/cons_tres",
        "SelectTypeParameters=CR_CPU_Memory",
        "SlurmdParameters=config_overrides",
        "DefMemPerCPU=100",
        "GresTypes=gpu",
        *_preemption(settings),
        *_accounting(layout),
        *(_node(layout, index) for index in range(1, settings.nodes + 1)),
        *_partitions(layout),
        *(line.format(all=",".join(layout.nodes), last=layout.nodes[-1]) for line in settings.more),
    )


def _preemption(settings: Settings) -> tuple[str, ...]:
    if not settings.preemption:
        return ()
    return "PreemptType=preempt/partition_prio", f"PreemptMode={settings.preemption}"


def _accounting(layout: Layout) -> tuple[str, ...]:
    if not layout.settings.accounting:
        return ("AccountingStorageType=accounting_storage/none",)
    return (
        "AccountingStorageType=accounting_storage/slurmdbd",
        f"AccountingStorageHost={layout.address}",
        f"AccountingStoragePort={layout.place.accounting_port}",
        # Where munge is, when slurmdbd is asked.
        f"AccountingStoragePass={layout.place.directory}/run/munge.socket",
        "AccountingStorageTRES=gres/gpu",
        "AccountingStoreFlags=job_comment",
    )


def _node(layout: Layout, index: int) -> str:
    settings = layout.settings
    gpus = ""
    if index == settings.nodes and settings.gpus:
        gpus = f"Gres=gpu:{settings.gpu_type}{':' if settings.gpu_type else ''}{settings.gpus} "
    return (
        f"NodeName={layout.place.node(index)} NodeHostname={layout.host}"
        f" NodeAddr={layout.network}.{index} Port={layout.place.node_port(index)}"
        f" CPUs={settings.cpus} Boards=1 SocketsPerBoard=1 CoresPerSocket={settings.cpus}"
        f" ThreadsPerCore=1 RealMemory={settings.memory_mib} {gpus}State=UNKNOWN"
    )


def _partitions(layout: Layout) -> tuple[str, ...]:
    first, last, every = layout.nodes[0], layout.nodes[-1], ",".join(layout.nodes)
    return (
        (
            f"PartitionName=debug Nodes={first} MaxTime=00:05:00 DefaultTime=00:01:00 MaxNodes=1"
            " MaxCPUsPerNode=4 PriorityTier=10 State=UP"
        ),
        (
            f"PartitionName=short Nodes={every} MaxTime=01:00:00 DefaultTime=00:10:00"
            " PriorityTier=5 State=UP"
        ),
        (
            f"PartitionName=standard Nodes={every} Default=YES MaxTime=1-00:00:00"
            " DefaultTime=01:00:00 State=UP"
        ),
        f"PartitionName=gpu Nodes={last} MaxTime=02:00:00 DefaultTime=00:10:00 State=UP",
    )


def gres_conf(layout: Layout) -> str:
    """Return which devices are GPUs."""
    kind = f"Type={layout.settings.gpu_type} " if layout.settings.gpu_type else ""
    return _lines(
        *(
            f"NodeName={layout.nodes[-1]} Name=gpu {kind}File={device}"
            for device in _GPU_DEVICES[: layout.settings.gpus]
        )
    )


def hosts(layout: Layout) -> str:
    """Return /etc/hosts of the nodes."""
    return _lines(
        "127.0.0.1 localhost",
        "::1 localhost",
        f"{layout.address} {layout.host}",
        *(f"{layout.network}.{index} {name}" for index, name in enumerate(layout.nodes, 1)),
    )


def slurmdbd_conf(layout: Layout) -> str:
    """Return the configuration of accounting."""
    directory = layout.place.directory
    return _lines(
        "AuthType=auth/munge",
        f"AuthInfo={directory}/run/munge.socket",
        f"DbdHost={layout.host}",
        f"DbdAddr={layout.address}",
        f"DbdPort={layout.place.accounting_port}",
        f"SlurmUser={layout.user}",
        "StorageType=accounting_storage/mysql",
        "StorageHost=localhost",  # by the socket that MYSQL_UNIX_PORT names
        "StorageUser=slurm",
        "StoragePass=slurm",
        "StorageLoc=slurm_acct_db",
        f"LogFile={directory}/log/slurmdbd.log",
        f"PidFile={directory}/run/slurmdbd.pid",
        "DebugLevel=info",
    )


def my_cnf(layout: Layout) -> str:
    """Return the configuration of a small database that need not survive its machine."""
    directory = layout.place.directory
    return _lines(
        "[mysqld]",
        f"user={layout.user}",
        f"datadir={directory}/mysql",
        f"socket={directory}/run/mysqld.sock",
        f"tmpdir={directory}/run",
        f"pid-file={directory}/run/mariadbd.pid",
        f"log-error={directory}/log/mariadbd.log",
        "skip-networking",
        "skip-log-bin",
        "performance_schema=OFF",
        "innodb_buffer_pool_size=64M",
        "innodb_log_file_size=8M",
        "innodb_lock_wait_timeout=900",
        "innodb_flush_log_at_trx_commit=0",
        "innodb_flush_method=nosync",
    )


_CGROUP_CONF = """\
CgroupPlugin=cgroup/v1
CgroupMountpoint=/sys/fs/cgroup
CgroupAutomount=no
ConstrainCores=no
ConstrainDevices=no
ConstrainRAMSpace=yes
ConstrainSwapSpace=no
"""


def _lines(*lines: str) -> str:
    return "".join(f"{line}\n" for line in lines if line)
