"""``python -m tests.crash.mount STORE FOLDER``: a ``Disk`` as a file system, until its power is cut.

A program of its own, so that PostgreSQL waits for nobody's interpreter lock, and so that libfuse is loaded
where it is. One request at a time: the cut falls between two of them.
"""
# ruff: noqa: ARG002 - the binding says what it hands over

import errno
import json
import os
import random
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mfusepy

from tests.crash.disk import Disk, Node

CUT = "user.power_cut"
"""Setting this attribute of the root to ``{"seed": …, "share": …}`` cuts the power."""
_SYNCING = os.O_SYNC | os.O_DSYNC


class Mounted(mfusepy.Operations):  # type: ignore[misc] # untyped
    """What the kernel asks, by path or by handle."""

    use_ns = True

    def __init__(self, store: Path, *, strict: bool) -> None:
        self._store = store
        self._disk: Disk | None = Disk(store, strict=strict)
        self._open: dict[int, tuple[Node, bool]] = {}
        self._last = 0

    @property
    def disk(self) -> Disk:
        if self._disk is None:
            raise OSError(errno.EIO, "the power is off")
        return self._disk

    def init_with_config(self, conn_info: Any, config_3: Any) -> None:
        # Nodes have numbers of their own, and what is open may be removed without being renamed.
        config_3.use_ino, config_3.hard_remove = 1, 1
        config_3.nullpath_ok = 1

    def setxattr(self, path: str, name: str, value: bytes, options: int, position: int = 0) -> int:
        if path != "/" or name != CUT:
            raise OSError(errno.ENOTSUP, name)
        asked = json.loads(value)
        disk, self._disk = self.disk, None
        lost = disk.cut(random.Random(asked["seed"]), asked["share"])
        figures = {name: getattr(lost, name) for name in lost.__slots__}
        (self._store / "lost.json").write_text(json.dumps(figures), encoding="utf-8")
        return 0

    # Names

    def getattr(self, path: str | None, fh: Any = None) -> dict[str, Any]:
        node = self._node(path, fh)
        return {
            "st_ino": node.number,
            "st_mode": node.mode,
            "st_nlink": node.links + (1 if node.is_folder else 0),
            "st_uid": node.uid,
            "st_gid": node.gid,
            "st_size": node.size or len(node.target.encode()),
            "st_blocks": -(-node.size // 512),
            "st_blksize": 4096,
            "st_atime": node.times[0],
            "st_mtime": node.times[1],
            "st_ctime": node.times[1],
        }

    def opendir(self, path: str) -> int:
        return self._handle(self.disk.find(path), 0)

    def readdir(self, path: str | None, fh: int) -> Iterator[Any]:
        yield from (".", "..")
        for name, node in list(self._open[fh][0].entries.items()):
            yield name, {"st_mode": node.mode, "st_ino": node.number}, 0

    def releasedir(self, path: str | None, fh: int) -> int:
        self._open.pop(fh)
        return 0

    def fsyncdir(self, path: str | None, datasync: int, fh: int) -> int:
        self.disk.sync(self._open[fh][0])
        return 0

    def mkdir(self, path: str, mode: int) -> int:
        self.disk.make(path, stat.S_IFDIR | mode, self._owner())
        return 0

    def mknod(self, path: str, mode: int, dev: int) -> int:
        self.disk.make(path, mode, self._owner())
        return 0

    def symlink(self, target: str, source: str) -> int:
        self.disk.make(target, stat.S_IFLNK | 0o777, self._owner(), source)
        return 0

    def readlink(self, path: str) -> str:
        return self.disk.find(path).target

    def link(self, target: str, source: str) -> int:
        self.disk.link(source, target)
        return 0

    def rename(self, old: str, new: str) -> int:
        self.disk.rename(old, new)
        return 0

    def unlink(self, path: str) -> int:
        self.disk.remove(path)
        return 0

    def rmdir(self, path: str) -> int:
        self.disk.remove(path)
        return 0

    def chmod(self, path: str | None, mode: int) -> int:
        node = self._node(path)
        node.mode = stat.S_IFMT(node.mode) | stat.S_IMODE(mode)
        return 0

    def chown(self, path: str | None, uid: int, gid: int) -> int:
        node = self._node(path)
        node.uid = node.uid if uid == -1 else uid
        node.gid = node.gid if gid == -1 else gid
        return 0

    def utimens(self, path: str | None, times: tuple[int, int] | None = None) -> int:
        node = self._node(path)
        if times is None:
            self.disk.touch(node)
        else:
            node.times = times
        return 0

    def statfs(self, path: str) -> dict[str, int]:
        found = os.statvfs(self._store)
        names = ("f_bsize", "f_frsize", "f_blocks", "f_bfree", "f_bavail", "f_files", "f_ffree", "f_namemax")
        return {name: getattr(found, name) for name in names}

    # Content

    def create(self, path: str, mode: int, fi: Any = None) -> int:
        fi.fh = self._handle(self.disk.make(path, stat.S_IFREG | mode, self._owner()), fi.flags)
        return 0

    def open(self, path: str, flags: Any) -> int:
        flags.fh = self._handle(self.disk.find(path), flags.flags)
        return 0

    def read(self, path: str | None, size: int, offset: int, fh: Any) -> bytes:
        return self.disk.read(self._open[fh.fh][0], size, offset)

    def write(self, path: str | None, data: bytes, offset: int, fh: Any) -> int:
        node, syncing = self._open[fh.fh]
        self.disk.write(node, data, offset)
        if syncing:
            self.disk.sync(node)
        return len(data)

    def truncate(self, path: str | None, length: int, fh: Any = None) -> int:
        self.disk.truncate(self._node(path, fh), length)
        return 0

    def flush(self, path: str | None, fh: Any) -> int:
        return 0  # closing a file syncs nothing

    def fsync(self, path: str | None, datasync: int, fh: Any) -> int:
        self.disk.sync(self._open[fh.fh][0])
        return 0

    def release(self, path: str | None, fh: Any) -> int:
        node, _ = self._open.pop(fh.fh)
        if self._disk is not None:
            self._disk.released(node)
        return 0

    def _handle(self, node: Node, flags: int) -> int:
        self._last += 1
        self._open[self._last] = (node, bool(flags & _SYNCING))
        if node.is_file:
            self.disk.opened(node)
        return self._last

    def _node(self, path: str | None, fh: Any = None) -> Node:
        disk = self.disk
        if fh is not None:
            return self._open[fh.fh][0]
        if path is None:
            raise OSError(errno.ESTALE, "removed meanwhile")
        return disk.find(path)

    @staticmethod
    def _owner() -> tuple[int, int]:
        uid, gid, _ = mfusepy.fuse_get_context()
        return uid, gid


class _Fuse(mfusepy.FUSE):  # type: ignore[misc] # untyped
    def truncate_fuse_3(self, path: bytes | None, length: int, fip: Any) -> int:
        # The binding drops the handle, which is all that the kernel says of an open file.
        truncated: int = self.ftruncate(path, length, fip)
        return truncated


def main(store: str, folder: str, *options: str) -> None:
    mine = Mounted(Path(store), strict="--strict" in options)
    everybody = {"allow_other": True} if os.geteuid() == 0 else {}
    _Fuse(
        mine,
        folder,
        raw_fi=True,
        foreground=True,
        nothreads=True,
        default_permissions=True,
        fsname="wardline-power",
        **everybody,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
