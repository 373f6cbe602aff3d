"""``./wardline tracks``: recorded tracks from files, all of them or none."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy.orm import Session

from geo.errors import N_
from geo.track import Mode
from layers import districts
from layers.stores import Stores
from service.cli.bulk_tracks import Target, Total, load
from service.cli.common import Database, District, Json, Quiet, open_engine
from service.cli.language import translator
from service.cli.unused import listed
from service.errors import InvalidInput
from service.indexes.snapshots import choose_district
from service.readers import tracks as readers
from service.readers.track_archives import is_archive
from service.readers.track_file import TrackFile
from service.readers.track_parts import Options, is_large
from service.readers.tracks import zone_of
from service.settings import Settings
from service.use_cases import due
from service.use_cases.retention import announce, kept_by
from service.use_cases.tracks import Delivery, of_one_device, on_time, report, seen_from, upload

LARGEST = 1 << 30
"""So many bytes of a packed file are unpacked."""

Modes = ", ".join(mode.label for mode in Mode)

Zone = Annotated[
    str | None,
    typer.Option("--timezone", metavar="ZONE", help="Zone of times that name none: Asia/Shanghai."),
]
Salvage = Annotated[
    bool, typer.Option("--salvage", help="Take the whole fixes of a GPX or FIT file that breaks off.")
]
Dates = Annotated[
    str | None,
    typer.Option("--dates", metavar="ORDER", help="How to read 06/07/2025: day-first or month-first."),
]
UnusedFile = Annotated[
    Path | None,
    typer.Option("--unused", metavar="FILE.csv", help="List each fix that is not used, by row and reason."),
]
ClockBehind = Annotated[
    str | None,
    typer.Option(
        "--clock-behind",
        metavar="TIME",
        help="By how much the device's clock was behind: 1024w, 2h, -30m, or 0.",
    ),
]


def command(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE…", help="GPX, KML, TCX, FIT, GeoJSON, CSV, Arrow or Parquet."),
    ],
    device: Annotated[
        str | None, typer.Option("--device", metavar="ID", help="The device that recorded them.")
    ] = None,
    mode: Annotated[str, typer.Option("--mode", metavar="MODE", help=f"One of {Modes}.")] = "foot",
    person: Annotated[
        str | None, typer.Option("--person", metavar="NAME", help="Who carried the device.")
    ] = None,
    timezone: Zone = None,
    salvage: Salvage = False,
    parts: Annotated[
        bool, typer.Option("--parts", help="Store large files, and each of several, part by part.")
    ] = False,
    dates: Dates = None,
    clock_behind: ClockBehind = None,
    unused: UnusedFile = None,
    devices_of_file: Annotated[
        bool, typer.Option("--devices-of-file", help="Store fixes under the devices that tables name.")
    ] = False,
    database: Database = None,
    district: District = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Store recorded tracks and bring the coverage of the border up to date.

    Every fix gets a verdict; what cannot be used is kept apart with its reason. Where one of several files
    is refused, none is stored. The same file twice is stored once.

    Archives (zip, tar), files of more than 32 MB, and files with --parts or --devices-of-file are stored part
    by part, and what is refused holds up nothing. After a kill the same command goes on where it was.
    """
    settings = Settings.load(database=database, district=district)
    way = readers.mode_of(mode)
    if device is None and not devices_of_file:
        raise typer.BadParameter("give the device that recorded the files", param_hint="--device")
    for file in files:
        _require(file)
    options = Options(
        timezone,
        way,
        salvage,
        day_first=readers.day_first_of(dates),
        clock_behind_s=readers.clock_of(clock_behind),
    )
    if parts or devices_of_file or any(is_archive(file) or is_large(file) for file in files):
        said = _load(
            settings,
            files,
            options,
            (device, person),
            unused,
            of_file=devices_of_file,
            quiet=quiet or as_json,
        )
        _tell(said, quiet=quiet, as_json=as_json)
        return
    assert device is not None  # noqa: S101 - asked for above
    reports = _store(settings, files, options, (device, person), unused)
    if as_json:
        typer.echo(json.dumps({"tracks": reports}, ensure_ascii=False))
    elif not quiet:
        for one in reports:
            typer.echo("\n".join(_lines(one)))


def _store(
    settings: Settings,
    files: list[Path],
    options: Options,
    carried: tuple[str, str | None],
    unused: Path | None,
) -> list[dict[str, Any]]:
    """Store files of a device and its person, all or none, and return what became of each."""
    device, person = carried
    read = [(file, *_read(file, options)) for file in files]
    stored, reports = [], []
    with listed(unused) as sheet, open_engine(settings) as engine, Session(engine) as session:
        codes = [one.code for one in districts.every(session)]
        stores = Stores(session, choose_district(codes, None, settings.district))
        announce(stores, kept_by(settings), datetime.now(UTC))
        for file, content, found in read:
            clock = options.clock_behind_s
            delivery = Delivery.of(
                device, file.name, content, datetime.now(UTC), person, clock_behind_s=clock
            )
            on_one_clock = on_time(of_one_device(found, file.name), clock)
            track = seen_from(stores, on_one_clock, delivery.received_at)
            stored.append((file.name, upload(stores, delivery, track), track))
        due.settle(stores, datetime.now(UTC))
        session.commit()
        for name, receipt, track in stored:  # where one is refused none is stored
            sheet.add(name, receipt, track)
            reports.append(report(receipt, track, name, translator()))
    return reports


def _require(path: Path) -> None:
    if not path.is_file():
        raise InvalidInput(
            N_("There is no file {file}."),
            mend=N_("Check the path."),
            where={"file": str(path)},
            file=str(path),
        )


def _load(
    settings: Settings,
    files: list[Path],
    options: Options,
    carried: tuple[str | None, str | None],
    unused: Path | None,
    *,
    of_file: bool,
    quiet: bool,
) -> Total:
    """Store files of a device and its person part by part and return what became of them."""
    zone_of(options.zone)
    with listed(unused) as sheet, open_engine(settings) as engine:
        with Session(engine) as session:
            codes = [one.code for one in districts.every(session)]
            district = choose_district(codes, None, settings.district)
            announce(Stores(session, district), kept_by(settings), datetime.now(UTC))
            session.commit()
        return load(Target(engine, district, *carried, of_file, sheet), files, options, quiet=quiet)


def _tell(total: Total, *, quiet: bool, as_json: bool) -> None:
    """Say what became of a load; refused files make the command fail at its end."""
    if as_json:
        typer.echo(json.dumps(total.as_json(), ensure_ascii=False))
    elif not quiet or total.refused:
        typer.echo("\n".join(total.lines()))
    if total.refused:
        raise typer.Exit(1)


def _read(path: Path, options: Options) -> tuple[bytes, TrackFile]:
    content = readers.unpacked(path.read_bytes(), LARGEST)
    kind = readers.format_of(path.name, "", content)
    track = readers.read(
        content,
        kind,
        filename=path.name,
        zone=options.zone,
        mode=options.mode,
        salvage=options.salvage,
        day_first=options.day_first,
    )
    return content, track


def _lines(one: dict[str, Any]) -> list[str]:
    """Return a report in lines for people."""
    fixes = one["fixes"]
    if one["repeated"]:
        return [f"{one['file']}: was stored before, as patrol {one['patrol']}; nothing changed."]
    parts = [f"{fixes['stored']:,} fixes stored"]
    parts += [f"{fixes[name]:,} {name}" for name in ("duplicate", "quarantined") if fixes[name]]
    pieces = "1 piece" if one["pieces"] == 1 else f"{one['pieces']} pieces"
    parts.append(f"{pieces}, {one['distance_m'] / 1000:.1f} km")
    lines = [f"{one['file']}: {', '.join(parts)}."]
    lines += [f"  note: {note}" for note in one["notes"]]
    odd = [name for name in one["verdicts"] if name not in ("accepted", "supporting")]
    if odd:
        listed = ", ".join(f"{one['verdicts'][name]} {name}" for name in odd)
        lines.append(f"  stored without credit: {listed}")
    for fix in one["quarantined"][:5]:
        place = f"row {fix['row']}" + (f", {fix['segment']}" if fix["segment"] else "")
        lines.append(f"  quarantined: {place}: {fix['text']}")
    if fixes["quarantined"] > len(one["quarantined"][:5]):
        lines.append(f"  … and {fixes['quarantined'] - 5:,} more, see --json")
    for walk in one["coverage"]:
        inferred = f" (+{walk['inferred_m'] / 1000:.2f} km inferred)" if walk["inferred_m"] >= 1 else ""
        lines.append(
            f"  {walk['day']}: {walk['walked_m'] / 1000:.2f} km of {walk['segment']} walked{inferred}"
        )
    if not one["coverage"]:
        lines.append("  no part of the border was walked")
    return lines
