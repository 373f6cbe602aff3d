"""The archive of the write-ahead log: every finished segment of it, packed, beside the cluster.

home/
├── cluster/archiving          present from the first backup on: from then on the log is kept
├── cluster/archive.sh         what the server runs for each segment, written anew at each start
└── archive/<system identifier>/
    ├── 000000010000000000000003.gz     a segment, or a timeline's .history, packed by gzip
    └── backups.json                    the backups that need the log (see ``backup``)

Without a backup nothing could be restored from the log, so until the first one it is dropped. The archive may
be a mount of its own: where it is away, archiving fails, the server keeps its log and tries again.
"""

import gzip
import re
import shlex
import subprocess
import sys
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from service.cluster.account import Account
from service.cluster.binaries import Binaries
from service.cluster.layout import Layout
from service.durable import make_folder, sync

RECOVERY_POINT_S = 60
"""A segment is closed and archived at the latest this long after the first write in it."""
SEGMENT_BYTES = 16 * 2**20

PACKED = ".gz"
_SEGMENT = re.compile(r"([0-9A-F]{8})([0-9A-F]{8})([0-9A-F]{8})\.gz")
_HISTORY = re.compile(r"([0-9A-F]{8})\.history\.gz")
_SEGMENTS_OF_A_LOG = 0x1_0000_0000 // SEGMENT_BYTES

_ARCHIVE = r"""#!/bin/sh
# archive.sh SEGMENT NAME ARCHIVE MARKER: keep one file of the write-ahead log. The server repeats it until it
# succeeds. Written by Wardline at each start.
set -eu
source=$1 name=$2 archive=$3 marker=$4
# Before the first backup there is nothing that the log could be replayed onto.
[ -e "$marker" ] || exit 0
target=$archive/$name.gz
if [ -e "$target" ]; then
    # We, or the server, were killed after the file was in place and before that was known.
    if gzip -dc "$target" | cmp -s - "$source"; then
        sync "$target" "$archive"
        exit 0
    fi
    echo "$target exists and is another file; it is not overwritten" >&2
    exit 1
fi
part=$archive/.$name.part
trap 'rm -f "$part"' EXIT
gzip -1 -n -c "$source" >"$part"
sync "$part"
# A link, unlike a rename, never replaces a file that appeared meanwhile.
ln "$part" "$target"
rm -f "$part"
sync "$archive"
"""

_FETCH = r"""#!/bin/sh
# fetch.sh NAME TARGET ARCHIVE [LOG]: bring one file of the write-ahead log back, from the archive, or from
# what the old cluster had not archived yet. Written by Wardline for a restore.
set -eu
name=$1 target=$2 archive=$3 log=${4:-}
if [ -e "$archive/$name.gz" ]; then
    gzip -dc "$archive/$name.gz" >"$target"
elif [ -n "$log" ] && [ -f "$log/$name" ]; then
    cp "$log/$name" "$target"
else
    exit 1
fi
"""


@dataclass(frozen=True, slots=True, order=True)
class Segment:
    """A file of the write-ahead log by its timeline and its number since the beginning of the log."""

    timeline: int
    number: int

    @classmethod
    def holding(cls, timeline: int, position: str) -> "Segment":
        """Return the segment that holds a position such as ``0/3000028``."""
        high, low = (int(part, 16) for part in position.split("/"))
        return cls(timeline, ((high << 32) + low) // SEGMENT_BYTES)

    @property
    def name(self) -> str:
        """The server's name of the file."""
        log, segment = divmod(self.number, _SEGMENTS_OF_A_LOG)
        return f"{self.timeline:08X}{log:08X}{segment:08X}"


def system_identifier(data: Path) -> str:
    """Return the number that a cluster got when it was made and that all of its copies share."""
    with (data / "global" / "pg_control").open("rb") as file:
        return str(int.from_bytes(file.read(8), sys.byteorder))


def folder(layout: Layout) -> Path:
    """Return the folder of the archive of an existing cluster."""
    return layout.archives / system_identifier(layout.data)


def marker(layout: Layout) -> Path:
    """Return the file that says that the log is kept."""
    return layout.cluster / "archiving"


def settings(layout: Layout) -> dict[str, str]:
    """Return the server's settings for archiving; ``install`` writes what they name."""
    words = (
        shlex.quote(str(layout.cluster / "archive.sh")),
        '"%p"',
        '"%f"',
        shlex.quote(str(folder(layout))).replace("%", "%%"),
        shlex.quote(str(marker(layout))).replace("%", "%%"),
    )
    return {
        "archive_mode": "on",
        "archive_timeout": f"{RECOVERY_POINT_S}s",
        "archive_command": "/bin/sh " + " ".join((words[0].replace("%", "%%"), *words[1:])),
    }


def fetching(layout: Layout, archive: Path, log: Path | None) -> str:
    """Return the ``restore_command`` that reads an archive, then the log of a stopped cluster."""
    words = [str(layout.cluster / "fetch.sh"), "%f", "%p", str(archive), *([str(log)] if log else [])]
    quoted = [word if word in {"%f", "%p"} else shlex.quote(word).replace("%", "%%") for word in words]
    return "/bin/sh " + " ".join(quoted)


def install(layout: Layout, account: Account) -> None:
    """Write the programs that the settings name."""
    for name, text in (("archive.sh", _ARCHIVE), ("fetch.sh", _FETCH)):
        path = layout.cluster / name
        fresh = path.with_name(name + ".new")
        fresh.write_text(text, encoding="utf-8")
        fresh.chmod(0o600)
        account.own(fresh)
        fresh.replace(path)


def begin(layout: Layout, account: Account) -> None:
    """Keep the log from now on."""
    for path in (layout.archives, folder(layout)):
        if not path.is_dir():
            make_folder(path, 0o700)
            account.own(path)
    if not marker(layout).exists():
        mark(layout, account)


def mark(layout: Layout, account: Account) -> None:
    """Say that the log of this cluster is kept."""
    marker(layout).touch(mode=0o600)
    account.own(marker(layout))
    sync(layout.cluster)


@dataclass(frozen=True, slots=True)
class Archive:
    """What an archive holds: its segments and when each timeline but the first began to serve."""

    folder: Path
    segments: Mapping[Segment, Path]
    timelines: Mapping[int, datetime]

    @classmethod
    def read(cls, folder: Path) -> "Archive":
        """Look into a folder; an absent one holds nothing."""
        segments, timelines = {}, {}
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            if found := _SEGMENT.fullmatch(path.name):
                timeline, log, number = (int(part, 16) for part in found.groups())
                segments[Segment(timeline, log * _SEGMENTS_OF_A_LOG + number)] = path
            elif found := _HISTORY.fullmatch(path.name):
                timelines[int(found[1], 16)] = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        return cls(folder, segments, timelines)

    def timeline_at(self, at: datetime | None, first: int) -> int:
        """Return the timeline that was served at an instant, or is served now; ``first`` is a backup's."""
        begun = [line for line, since in self.timelines.items() if at is None or since <= at]
        return max([first, *begun])

    def faults(self, first: Segment) -> Iterator[tuple[str, str]]:
        """Yield each segment from ``first`` on that is missing or damaged, and which of the two."""
        wanted = {one.number for one in self.segments if one.number >= first.number}
        for number in range(first.number, max(wanted, default=first.number)):
            if number not in wanted:
                yield Segment(first.timeline, number).name, "missing"
        for segment in sorted(self.segments):
            if segment.number >= first.number and not _whole(self.segments[segment]):
                yield segment.name, "damaged"

    def bytes_from(self, first: Segment) -> int:
        """Return the size of the packed segments from ``first`` on."""
        return sum(path.stat().st_size for one, path in self.segments.items() if one.number >= first.number)


def _whole(path: Path) -> bool:
    size = 0
    try:
        with gzip.open(path) as file:
            while block := file.read(1 << 20):
                size += len(block)
    except (OSError, EOFError, zlib.error):
        return False
    return size == SEGMENT_BYTES


def end(layout: Layout) -> int:
    """Keep the log no longer; return how many segments went."""
    marker(layout).unlink(missing_ok=True)
    segments = Archive.read(folder(layout)).segments
    for path in segments.values():
        path.unlink(missing_ok=True)
    return len(segments)


def prune(archive: Path, oldest: Segment, binaries: Binaries) -> int:
    """Remove the segments that are older than ``oldest``; return how many."""
    before = len(Archive.read(archive).segments)
    subprocess.run(  # noqa: S603 - PostgreSQL's own program
        [binaries.program("pg_archivecleanup"), "-x", PACKED, str(archive), oldest.name],
        check=True,
        capture_output=True,
    )
    return before - len(Archive.read(archive).segments)
