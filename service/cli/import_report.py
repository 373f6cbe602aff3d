"""The report of an import in lines for people."""

from typing import Any

from service.cli.repairs import repair_lines

SHOWN = 50


def report_lines(report: dict[str, Any]) -> list[str]:
    """Return the report of any import: what was read, whether it is in order, what was stored."""
    lines = [_head(report)]
    if "edges" in report:
        lines += _road_lines(report)
    elif "exact" in report:
        lines += _area_lines(report)
    elif "lines" in report:
        lines += _border_lines(report)
    else:
        lines += _point_lines(report)
    if gone := report.get("gone"):
        more = f" and {len(gone) - SHOWN:,} more" if len(gone) > SHOWN else ""
        lines.append(f"  go, as parts that these rows have no more: {', '.join(gone[:SHOWN])}{more}")
    return [*lines, _end(report)]


def _head(report: dict[str, Any]) -> str:
    source = f"{report['file']}, layer {report['source_layer']} ({report['crs']})"
    if "levels" in report:
        counts = [f"{level['units']:,} {level['name']}" for level in reversed(report["levels"])]
        return f"{source}: {' in '.join(counts)}."
    if "lines" in report:
        return f"{source}: {len(report['lines']):,} lines, {report['length_m'] / 1000:,.3f} km."
    if "edges" in report:
        return f"{source}: {report['ways']:,} roads, {report['length_m'] / 1000:,.3f} km."
    what = "rows" if {"line_kinds", "cover_kinds", "barrier_kinds", "projects"} & set(report) else "points"
    return f"{source}: {report['rows']:,} {what}."


def _road_lines(report: dict[str, Any]) -> list[str]:
    lines = [
        f"  {report['edges']:,} edges: {report['edges_foot']:,} on foot, {report['edges_car']:,} by car",
    ]
    if report["ways_cut"]:
        lines.append(f"  {report['ways_cut']:,} roads lack nodes: the file ends there")
    return lines


def _area_lines(report: dict[str, Any]) -> list[str]:
    lines = [f"  rounding to the lattice moved no vertex by more than {report['max_shift_cm']:.2f} cm"]
    if report["households"]:
        lines.append(f"  {report['households']:,} households")
    if "repair" in report:
        lines += repair_lines(report)
    if report["exact"]:
        frame = report["frame"]
        if report["kind"] == "partition":
            parts = f"{frame['parts']} part{'s' if frame['parts'] != 1 else ''}"
            enclaves = f", {frame['enclaves']} enclaves" if frame["enclaves"] else ""
            lines.append(f"  exact: the units divide {frame['area_km2']:,.2f} km² ({parts}{enclaves})")
        else:
            lines.append("  every area is valid")
        lines += [f"  look at: {note['text']}" for note in report["notes"][:SHOWN]]
        return lines
    defects = report["defects"]
    summary = ", ".join(f"{count:,} {kind.replace('_', ' ')}" for kind, count in defects["by_kind"].items())
    lines.append(f"  NOT exact: {defects['count']:,} defects: {summary}")
    for number, defect in enumerate(defects["items"][:SHOWN], start=1):
        lines.append(f"  {number}. {defect['kind'].replace('_', ' ')} ({defect['level']}): {defect['text']}")
    if defects["count"] > SHOWN:
        lines.append(f"  … and {defects['count'] - SHOWN:,} more; --defects FILE writes them all")
    return lines


def _border_lines(report: dict[str, Any]) -> list[str]:
    lines = []
    for line in report["lines"]:
        lines.append(f"  {line['code']} {line['name']}: {line['length_m'] / 1000:,.3f} km")
        for segment in line["segments"]:
            start, end = segment["from_m"] / 1000, segment["to_m"] / 1000
            lines.append(f"    {segment['code']}  {start:,.3f} to {end:,.3f} km")
    return lines


def _point_lines(report: dict[str, Any]) -> list[str]:
    if "cover_kinds" in report:
        counts = ", ".join(f"{count:,} {kind}" for kind, count in sorted(report["cover_kinds"].items()))
        return [f"  {report['parts']:,} polygons: {counts}; {report['area_m2'] / 1e6:,.3f} km²"]
    if "barrier_kinds" in report:
        counts = ", ".join(f"{count:,} {kind}" for kind, count in sorted(report["barrier_kinds"].items()))
        lines = [f"  {report['parts']:,} barriers: {counts}; {report['length_m'] / 1000:,.3f} km"]
        if "recomputed" in report:
            lines.append(f"  what was seen near them was made anew: {report['recomputed']:,} days of devices")
        return lines
    if "line_kinds" in report:
        counts = ", ".join(f"{count:,} {kind}" for kind, count in sorted(report["line_kinds"].items()))
        lines = [f"  {report['parts']:,} lines: {counts}; {report['length_m'] / 1000:,.3f} km"]
        if report["parts_too_short"]:
            lines.append(
                f"  {report['parts_too_short']:,} parts have no length on the lattice and are left out"
            )
        return lines
    if "households" in report:
        return [f"  {report['households']:,} households"]
    if "projects" in report:
        counted = f"{report['sites_on_lines']:,} of them lines, {report['new']:,} new"
        return [f"  {counted}, of {report['projects']:,} projects"]
    if "kinds" in report:
        counts = ", ".join(f"{count:,} {kind}" for kind, count in sorted(report["kinds"].items()))
        return [f"  {counts}; {report['on_border']:,} of them on the border"]
    return [f"  {report['new']:,} new, with their homes in {report['home_units']:,} units"]


def _end(report: dict[str, Any]) -> str:
    if report["applied"]:
        where = f"{report['layer']} of district {report['district']}, from {report['effective_on']}"
        release = f", release {report['release']['number']}" if "release" in report else ""
        return f"Stored as {where}{release}."
    if not report.get("exact", True):
        if "repair" in report:
            return "Nothing was stored: the result is not exact. Decide what remains, or widen the limits."
        return "Nothing was stored. Mend the defects in the file and import it again."
    district = report["district"] or "CODE"
    hint = "Add --apply" if report["district"] else f"Add --district {district} --apply"
    return f"Dry run: nothing was stored. {hint} to store it."
