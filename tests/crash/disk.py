"""A disk whose cache a power cut empties: what was not synced is gone, or there in part and out of order.

Pages of files live in memory until the file is synced, as in a kernel's page cache; names live in memory
until their folder is. It is stricter than journaling file systems, which order and commit names by themselves
every few seconds, except for one thing that ext4, XFS and btrfs all do and that PostgreSQL counts on: syncing
a file makes the name durable under which it was made. ``strict`` takes that away as well, as POSIX allows.

What is durable lies in a folder of a real disk: ``objects/NUMBER`` for the content of each file, and
``names.json``, written at the cut. Owners, modes and times are never lost; they decide nothing here.
"""

import errno
import json
import os
import random
import shutil
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PAGE = 4096
"""What reaches a disk whole or not at all; half of a page of PostgreSQL."""
ROOT = 1


@dataclass(eq=False, slots=True)
class Node:
    """A file, folder, link or socket.

    ``pages`` are those of a file that are not synced, ``valid`` is how much of what is stored still counts,
    and ``made`` the folder and name under which it was made. ``entries`` of a folder are ``saved`` once it is
    synced.
    """

    number: int
    mode: int
    uid: int = 0
    gid: int = 0
    times: tuple[int, int] = (0, 0)
    links: int = 1
    made: "tuple[Node, str] | None" = None
    target: str = ""
    size: int = 0
    valid: int = 0
    pages: dict[int, bytearray] = field(default_factory=dict)
    handles: int = 0
    descriptor: int = -1
    entries: "dict[str, Node]" = field(default_factory=dict)
    saved: "dict[str, Node]" = field(default_factory=dict)

    @property
    def is_folder(self) -> bool:
        return stat.S_ISDIR(self.mode)

    @property
    def is_file(self) -> bool:
        return stat.S_ISREG(self.mode)


@dataclass(frozen=True, slots=True)
class Lost:
    """What a cut found unsynced, and how much of it is there all the same."""

    pages: int
    pages_kept: int
    names: int
    names_kept: int


class Disk:
    """The files of a store; ``strict`` where a new file's name needs its folder synced, whatever else is."""

    def __init__(self, store: Path, *, strict: bool = False) -> None:
        self._store = store
        self._strict = strict
        self._next = ROOT + 1
        self.root = Node(ROOT, stat.S_IFDIR | 0o755)
        if (store / "names.json").exists():
            self._load(json.loads((store / "names.json").read_text(encoding="utf-8")))

    # Names

    def find(self, path: str) -> Node:
        """Return what lies at a path from the root."""
        node = self.root
        for name in path.split("/"):
            if name:
                if not node.is_folder:
                    raise OSError(errno.ENOTDIR, path)
                try:
                    node = node.entries[name]
                except KeyError:
                    raise OSError(errno.ENOENT, path) from None
        return node

    def make(self, path: str, mode: int, owner: tuple[int, int], target: str = "") -> Node:
        """Make something new; its name is durable once its folder is synced."""
        folder, name = self._place(path)
        if name in folder.entries:
            raise OSError(errno.EEXIST, path)
        now = time.time_ns()
        node = Node(self._next, mode, *owner, times=(now, now), made=(folder, name), target=target)
        self._next += 1
        if node.is_file:
            self._object(node).touch()
        folder.entries[name] = node
        return node

    def link(self, path: str, new: str) -> None:
        folder, name = self._place(new)
        if name in folder.entries:
            raise OSError(errno.EEXIST, new)
        node = self.find(path)
        folder.entries[name] = node
        node.links += 1

    def rename(self, path: str, new: str) -> None:
        (source, name), (target, new_name) = self._place(path), self._place(new)
        node = self.find(path)
        replaced = target.entries.get(new_name)
        if replaced is node:
            return
        if replaced is not None:
            self._require_empty(replaced, new)
            replaced.links -= 1
        del source.entries[name]
        target.entries[new_name] = node

    def remove(self, path: str) -> None:
        folder, name = self._place(path)
        node = self.find(path)
        self._require_empty(node, path)
        del folder.entries[name]
        node.links -= 1

    def _place(self, path: str) -> tuple[Node, str]:
        above, _, name = path.rpartition("/")
        return self.find(above), name

    @staticmethod
    def _require_empty(node: Node, path: str) -> None:
        if node.entries:
            raise OSError(errno.ENOTEMPTY, path)

    # Content

    def read(self, node: Node, size: int, offset: int) -> bytes:
        end = min(offset + size, node.size)
        if end <= offset:
            return b""
        found = bytearray(self._stored(node, end - offset, offset))
        for number in range(offset // PAGE, (end - 1) // PAGE + 1) if node.pages else ():
            if (page := node.pages.get(number)) is not None:
                begin, after = max(offset, number * PAGE), min(end, (number + 1) * PAGE)
                found[begin - offset : after - offset] = page[begin - number * PAGE : after - number * PAGE]
        return bytes(found)

    def write(self, node: Node, data: bytes, offset: int) -> None:
        end = offset + len(data)
        for number in range(offset // PAGE, (end - 1) // PAGE + 1):
            start = number * PAGE
            page = node.pages.get(number)
            if page is None:
                page = node.pages[number] = bytearray(self._stored(node, PAGE, start))
            begin, after = max(offset, start), min(end, start + PAGE)
            page[begin - start : after - start] = data[begin - offset : after - offset]
        node.size = max(node.size, end)
        self.touch(node)

    def truncate(self, node: Node, size: int) -> None:
        if size < node.size:
            node.valid = min(node.valid, size)
            for number in [number for number in node.pages if number * PAGE >= size]:
                del node.pages[number]
            if (page := node.pages.get(size // PAGE)) is not None:
                page[size % PAGE :] = bytes(PAGE - size % PAGE)
        node.size = size
        self.touch(node)

    @staticmethod
    def touch(node: Node) -> None:
        node.times = (node.times[0], time.time_ns())

    def sync(self, node: Node) -> None:
        """Make a file's content durable, or a folder's names."""
        if node.is_folder:
            node.saved = dict(node.entries)
            return
        self._carry(node, list(node.pages))
        os.ftruncate(self._descriptor(node), node.size)
        node.valid = node.size
        node.pages.clear()
        if not self._strict:
            self._save_name(node)

    def _save_name(self, node: Node) -> None:
        while node.made is not None:
            folder, name = node.made
            if folder.entries.get(name) is node:
                folder.saved[name] = node
            node.made, node = None, folder

    def _carry(self, node: Node, numbers: list[int]) -> None:
        descriptor = self._descriptor(node)
        if node.valid < os.fstat(descriptor).st_size:
            os.ftruncate(descriptor, node.valid)
        for number in numbers:
            start = number * PAGE
            os.pwrite(descriptor, node.pages[number][: node.size - start], start)

    def _stored(self, node: Node, size: int, offset: int) -> bytes:
        wanted = max(0, min(size, node.valid - offset))
        found = os.pread(self._descriptor(node), wanted, offset) if wanted else b""
        return found + bytes(size - len(found))

    def _descriptor(self, node: Node) -> int:
        if node.descriptor < 0:
            node.descriptor = os.open(self._object(node), os.O_RDWR)
        return node.descriptor

    def _object(self, node: Node) -> Path:
        return self._store / "objects" / str(node.number)

    def opened(self, node: Node) -> None:
        node.handles += 1

    def released(self, node: Node) -> None:
        node.handles -= 1
        if not node.handles and node.descriptor >= 0:
            os.close(node.descriptor)
            node.descriptor = -1

    # The cut

    def cut(self, chance: random.Random, share: float) -> Lost:
        """Write what is durable, and a ``share`` of what is not, chosen page by page and folder by folder."""
        pages = pages_kept = names = names_kept = 0
        for node in list(_below(self.root, lambda node: node.entries)):
            if node.is_folder and node.entries != node.saved:
                changes = len(node.entries.items() ^ node.saved.items())
                names += changes
                if chance.random() < share:
                    node.saved = node.entries
                    names_kept += changes
            elif node.is_file and (node.pages or node.valid != node.size):
                kept = [number for number in sorted(node.pages) if chance.random() < share]
                pages += len(node.pages)
                pages_kept += len(kept)
                if kept:
                    self._carry(node, kept)
        durable = {node.number: _to_json(node) for node in _below(self.root, lambda node: node.saved)}
        body = json.dumps({"next": self._next, "nodes": durable})
        (self._store / "names.json").write_text(body, encoding="utf-8")
        return Lost(pages, pages_kept, names, names_kept)

    def _load(self, body: dict[str, Any]) -> None:
        self._next = body["next"]
        nodes = {int(number): _from_json(int(number), one) for number, one in body["nodes"].items()}
        for number, one in body["nodes"].items():
            node = nodes[int(number)]
            node.entries = {name: nodes[inside] for name, inside in one["entries"].items()}
            node.saved = dict(node.entries)
            for inside in node.entries.values():
                inside.links += 1
            if node.is_file:
                node.size = node.valid = self._object(node).stat().st_size
        for left_over in (self._store / "objects").iterdir():
            if int(left_over.name) not in nodes:
                left_over.unlink()
        self.root = nodes[ROOT]


def adopt(folder: Path, store: Path) -> None:
    """Move what lies in a folder into a store; all of it is durable."""
    (store / "objects").mkdir(parents=True)
    nodes: dict[int, Any] = {}

    def take(path: Path, number: int) -> int:
        state = path.lstat()
        node = Node(number, state.st_mode, state.st_uid, state.st_gid, (state.st_atime_ns, state.st_mtime_ns))
        nodes[number] = {}
        entries: dict[str, int] = {}
        if node.is_folder:
            for inside in sorted(path.iterdir()):
                if not inside.is_socket():
                    entries[inside.name] = take(inside, len(nodes) + 1)
        elif node.is_file:
            shutil.move(path, store / "objects" / str(number))
        else:
            node.target = os.readlink(path)  # noqa: PTH115 - as it is
        nodes[number] = _to_json(node) | {"entries": entries}
        return number

    take(folder, ROOT)
    body = json.dumps({"next": len(nodes) + 1, "nodes": nodes})
    (store / "names.json").write_text(body, encoding="utf-8")


def _below(root: Node, inside: Callable[[Node], dict[str, Node]]) -> Iterator[Node]:
    """Yield everything that is reached from a folder, once; sockets and pipes end with their machine."""
    seen, waiting = {root.number}, [root]
    while waiting:
        node = waiting.pop()
        yield node
        for found in inside(node).values():
            lasting = found.is_folder or found.is_file or stat.S_ISLNK(found.mode)
            if lasting and found.number not in seen:
                seen.add(found.number)
                waiting.append(found)


def _to_json(node: Node) -> dict[str, Any]:
    entries = {
        name: one.number
        for name, one in node.saved.items()
        if one.is_folder or one.is_file or stat.S_ISLNK(one.mode)
    }
    own = {"mode": node.mode, "uid": node.uid, "gid": node.gid, "times": node.times, "target": node.target}
    return own | {"entries": entries}


def _from_json(number: int, body: dict[str, Any]) -> Node:
    times = (body["times"][0], body["times"][1])
    return Node(number, body["mode"], body["uid"], body["gid"], times, links=0, target=body["target"])
