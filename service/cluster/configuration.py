"""The configuration of the private cluster: who may log in, and what fits the machine.

Everything is written anew at each start into files of their own, since the socket's path, the memory and the
account can change between starts. Additions of an administrator go to ``local.conf`` in the data directory.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from service.cluster.account import Account, current_name
from service.cluster.layout import PORT
from service.durable import sync

ADMIN_ROLE = "wardline_admin"
"""Makes databases and extensions; nothing that serves a request uses it."""
SERVICE_ROLE = "wardline"
"""Owns the databases; no superuser, so that no statement can reach files or programs."""
WEB_ROLE = "wardline_web"
"""What requests are served as: owns nothing, and sees of each table what row security lets it."""

_MEGABYTE = 2**20
_SHARED_MEMORY_NEEDED = 128 * _MEGABYTE
# “all” does not mean replication, which a base backup uses.
_LOG_IN = f"""local all all peer map=wardline
local replication {ADMIN_ROLE} peer map=wardline
"""
_INCLUDES = """
# Wardline's own, written at each start, then what an administrator adds.
include 'wardline.conf'
include_if_exists 'local.conf'
"""


def shared_memory_type(folder: Path = Path("/dev/shm")) -> str:  # noqa: S108 - looked at, never written
    """Return ``mmap`` where the system's shared memory is absent, closed or tiny (Docker gives 64 MB)."""
    try:
        room = os.statvfs(folder)
        everybody = folder.stat().st_mode & 0o002
    except OSError:
        return "mmap"
    return "posix" if everybody and room.f_bavail * room.f_frsize >= _SHARED_MEMORY_NEEDED else "mmap"


def memory_bytes() -> int:
    """Return the memory that we may use: the machine's, or the container's where that is less."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        return min(machine, int(Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii")))
    except (OSError, ValueError):  # no cgroup, or the word "max"
        return machine


def settings(socket_folder: Path, log: Path, overrides: Mapping[str, str]) -> dict[str, str]:
    """Return the server's settings. Durability stays at PostgreSQL's own defaults: everything on."""
    memory = memory_bytes()
    shared = min(max(memory // 8, 64 * _MEGABYTE), 1024 * _MEGABYTE)
    values = {
        "listen_addresses": "",
        "port": str(PORT),
        # The value is a list, so a folder's commas and spaces need quotes of their own.
        "unix_socket_directories": '"' + str(socket_folder).replace('"', '""') + '"',
        "unix_socket_permissions": "0700",
        "dynamic_shared_memory_type": shared_memory_type(),
        "max_connections": "120",
        "shared_buffers": f"{shared // _MEGABYTE}MB",
        "effective_cache_size": f"{max(memory // 2, 2 * shared) // _MEGABYTE}MB",
        "work_mem": f"{min(max(memory // 256, 4 * _MEGABYTE), 64 * _MEGABYTE) // _MEGABYTE}MB",
        "maintenance_work_mem": f"{min(max(memory // 16, 32 * _MEGABYTE), 512 * _MEGABYTE) // _MEGABYTE}MB",
        "max_wal_size": "2GB",
        "checkpoint_timeout": "15min",
        "random_page_cost": "1.1",  # solid-state disks
        "jit": "off",  # its start-up costs more than our short spatial queries
        "timezone": "UTC",
        "log_timezone": "UTC",
        "lc_messages": "C",  # we read the server's words
        "logging_collector": "on",  # a week of files, each overwritten in turn
        "log_directory": str(log),
        "log_filename": "server-%a.log",
        "log_truncate_on_rotation": "on",
        "log_rotation_age": "1d",
        "log_rotation_size": "0",
        "log_line_prefix": "%m [%p] %d ",
        "log_parameter_max_length": "0",  # positions of people do not belong into a log
        "log_parameter_max_length_on_error": "0",
    }
    return values | dict(overrides)


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def write(data: Path, values: Mapping[str, str], account: Account) -> None:
    """Write settings, log-in rules and account map into the data directory."""
    lines = "".join(f"{name} = {_quoted(value)}\n" for name, value in values.items())
    _replace(
        data / "wardline.conf", "# Written at each start; put your own into local.conf.\n" + lines, account
    )
    main = data / "postgresql.conf"
    if (text := main.read_text(encoding="utf-8")) and "include 'wardline.conf'" not in text:
        _replace(main, text + _INCLUDES, account)
    admit(data, account)


def admit(data: Path, account: Account) -> bool:
    """Write who may log in as what; True if that is a change, which a running server is to be told of."""
    people = sorted({"root", account.name, current_name()})  # root can become the account anyway
    roles = (ADMIN_ROLE, SERVICE_ROLE, WEB_ROLE)
    entries = [f'wardline "{person}" {role}\n' for person in people for role in roles]
    changed = False
    for name, text in (("pg_hba.conf", _LOG_IN), ("pg_ident.conf", "".join(entries))):
        if (data / name).read_text(encoding="utf-8") != text:
            _replace(data / name, text, account)
            changed = True
    return changed


def _replace(path: Path, text: str, account: Account) -> None:
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(text, encoding="utf-8")
    fresh.chmod(0o600)
    account.own(fresh)
    # An empty postgresql.conf, which a power cut can leave, would never name our own file again.
    sync(fresh)
    fresh.replace(path)
    sync(path.parent)
