"""What a benchmark found, as a table and as JSON."""

import json
import os
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from platform import python_version
from typing import Any

from rich.console import Console
from rich.table import Table

OURS = "wardline"


def load_now(when: str) -> str:
    """Tell how many other processes want the cores, which decides what the times are worth."""
    return f"load average {when}: {os.getloadavg()[0]:.1f}"


@dataclass(frozen=True, slots=True)
class Row:
    """One participant: a rate for each run, or none and the reason in ``note`` where it could not take part.

    ``competes`` is False for rows that only explain, such as our own time with the index built anew.
    """

    who: str
    unit: str
    runs: tuple[float, ...]
    note: str = ""
    competes: bool = True

    @property
    def value(self) -> float | None:
        return statistics.median(self.runs) if self.runs else None


@dataclass(frozen=True, slots=True)
class Report:
    """A finished benchmark; the first row of ``rows`` that competes is ours. Higher is better."""

    job: str
    size: str
    versions: Mapping[str, str]
    rows: Sequence[Row]
    answers_equal: bool
    remarks: Sequence[str] = ()

    @property
    def best_peer(self) -> Row | None:
        peers = [row for row in self.rows if row.competes and row.value is not None and row.who != OURS]
        return max(peers, key=lambda row: row.value or 0.0, default=None)

    @property
    def ratio(self) -> float | None:
        """Ours divided by the best peer; None without a peer."""
        ours = next(row for row in self.rows if row.who == OURS)
        best = self.best_peer
        return None if best is None or not best.value or ours.value is None else ours.value / best.value

    def as_json(self) -> dict[str, Any]:
        return {
            "job": self.job,
            "size": self.size,
            "cores": cores(),
            "versions": dict(self.versions),
            "rows": [
                {
                    "who": f"{row.who} ({row.note})" if row.note else row.who,
                    "value": row.value,
                    "unit": row.unit,
                    "runs": list(row.runs),
                }
                for row in self.rows
            ],
            "ratio": self.ratio,
            "answers_equal": self.answers_equal,
        }

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(self.as_json(), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")

    def show(self, console: Console) -> None:
        table = Table(title=f"{self.job}: {self.size}, {cores()} cores")
        for heading in ("who", "median", "best", "runs", "unit", "wardline is faster by"):
            table.add_column(heading, justify="left" if heading in {"who", "unit"} else "right")
        ours = next(row for row in self.rows if row.who == OURS).value or 0.0
        for row in self.rows:
            name = f"{row.who} ({row.note})" if row.note else row.who
            if row.value is None:
                table.add_row(name, "–", "–", "0", row.unit, "–")
                continue
            # A peer that never succeeds is beaten by no number of times.
            compares = row.who != OURS and row.competes and row.value > 0
            times = f"{ours / row.value:.1f}×" if compares else ""
            best = min(row.runs) if row.unit == "ms" else max(row.runs)
            figures = _figure(row.value), _figure(best), str(len(row.runs))
            table.add_row(name, *figures, row.unit, times)
        console.print(table)
        console.print("versions: " + ", ".join(f"{name} {of}" for name, of in self.versions.items()))
        for remark in self.remarks:
            console.print(remark)
        console.print(f"answers equal: {'yes' if self.answers_equal else 'NO'}")


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


def cores() -> int:
    return len(os.sched_getaffinity(0))


def own_versions(*packages: str) -> dict[str, str]:
    return {"python": python_version(), **{package: version(package) for package in packages}}
