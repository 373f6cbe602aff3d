"""The disk that loses what was not synced: it is a disk like any other until its power is cut."""

import errno
import random
import stat
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.crash.disk import PAGE, Disk, Node, adopt

ME = (0, 0)
LONGEST = 3 * PAGE
CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.integers(0, LONGEST), st.binary(min_size=1, max_size=PAGE + 100)),
        st.tuples(st.just("truncate"), st.integers(0, LONGEST), st.just(b"")),
        st.tuples(st.just("sync"), st.just(0), st.just(b"")),
    ),
    max_size=12,
)


def new(folder: Path, *, strict: bool = False) -> tuple[Disk, Path]:
    (folder / "own").mkdir()
    adopt(folder / "own", folder / "store")
    return Disk(folder / "store", strict=strict), folder / "store"


def content(disk: Disk, node: Node) -> bytes:
    return disk.read(node, node.size + PAGE, 0)


def file_in(disk: Disk, path: str, data: bytes = b"") -> Node:
    node = disk.make(path, stat.S_IFREG | 0o600, ME)
    if data:
        disk.write(node, data, 0)
    return node


def after_cut(disk: Disk, store: Path, share: float = 0.0, *, strict: bool = False) -> Disk:
    disk.cut(random.Random(1), share)
    return Disk(store, strict=strict)


@settings(max_examples=60)
@given(changes=CHANGES, share=st.sampled_from([0.0, 1.0]))
def test_files_hold_what_was_written_and_keep_what_was_synced(
    changes: list[tuple[str, int, bytes]], share: float
) -> None:
    with TemporaryDirectory() as place:
        disk, store = new(Path(place))
        node = file_in(disk, "/a")
        disk.sync(node)
        held, synced = bytearray(), b""
        for what, at, data in changes:
            if what == "write":
                disk.write(node, data, at)
                held.extend(bytes(max(0, at + len(data) - len(held))))
                held[at : at + len(data)] = data
            elif what == "truncate":
                disk.truncate(node, at)
                held = held[:at] + bytes(max(0, at - len(held)))
            else:
                disk.sync(node)
                synced = bytes(held)
            assert content(disk, node) == held
        again = after_cut(disk, store, share)
        kept = content(again, again.find("/a"))
        assert kept == synced or (share and kept.rstrip(b"\0") == bytes(held).rstrip(b"\0"))


def test_of_what_is_not_synced_single_pages_may_be_kept(tmp_path: Path) -> None:
    disk, store = new(tmp_path)
    node = file_in(disk, "/a", b"old!" * PAGE)
    disk.sync(node)
    disk.write(node, b"new!" * PAGE, 0)
    again = after_cut(disk, store, 0.5)
    found = content(again, again.find("/a"))
    pages = {found[start : start + 4] for start in range(0, len(found), PAGE)}
    assert len(found) == 4 * PAGE
    assert pages == {b"old!", b"new!"}


def test_a_file_that_was_synced_keeps_the_name_it_was_made_under(tmp_path: Path) -> None:
    disk, store = new(tmp_path)
    disk.make("/folder", stat.S_IFDIR | 0o700, ME)
    disk.sync(file_in(disk, "/folder/a", b"whole"))
    file_in(disk, "/folder/b", b"not synced")
    again = after_cut(disk, store)
    assert list(again.find("/folder").entries) == ["a"]
    assert content(again, again.find("/folder/a")) == b"whole"


def test_a_strict_disk_forgets_the_name_as_well(tmp_path: Path) -> None:
    disk, store = new(tmp_path, strict=True)
    disk.sync(file_in(disk, "/a", b"whole"))
    file_in(disk, "/b", b"empty")
    disk.sync(disk.root)
    disk.sync(file_in(disk, "/c"))
    again = after_cut(disk, store, strict=True)
    assert set(again.root.entries) == {"a", "b"}
    assert content(again, again.find("/b")) == b"", "its name was synced, its content was not"


def test_renames_links_and_removals_need_their_folder_synced(tmp_path: Path) -> None:
    disk, store = new(tmp_path)
    for name in "abc":
        disk.sync(file_in(disk, f"/{name}", name.encode()))
    disk.rename("/a", "/b")
    disk.link("/c", "/d")
    disk.remove("/c")
    assert set(disk.root.entries) == {"b", "d"}
    before = after_cut(disk, store)
    assert set(before.root.entries) == {"a", "b", "c"}
    before.rename("/a", "/b")
    before.sync(before.root)
    after = after_cut(before, store)
    assert set(after.root.entries) == {"b", "c"}
    assert content(after, after.find("/b")) == b"a"


def test_refusals_are_those_of_a_disk(tmp_path: Path) -> None:
    disk, _ = new(tmp_path)
    disk.make("/folder", stat.S_IFDIR | 0o700, ME)
    file_in(disk, "/folder/a")
    for act, code in (
        (lambda: disk.find("/none"), errno.ENOENT),
        (lambda: disk.find("/folder/a/b"), errno.ENOTDIR),
        (lambda: disk.remove("/folder"), errno.ENOTEMPTY),
        (lambda: file_in(disk, "/folder/a"), errno.EEXIST),
        (lambda: disk.link("/folder/a", "/folder"), errno.EEXIST),
    ):
        with pytest.raises(OSError, match=r".") as refused:
            act()
        assert refused.value.errno == code
