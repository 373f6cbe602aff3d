"""Why an item from the field cannot be stored: a stable reason, and words that are translated when read."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from geo.errors import N_, WardlineError
from service.errors import fault_text

_LONGEST = 200

WORDS: Mapping[str, str] = {
    "no-time": N_("It has no time."),
    "time-unreadable": N_("Its time cannot be read; write it as 2025-06-30T09:00:00+08:00."),
    "time-without-zone": N_("Its time names no offset from UTC, such as +08:00 or Z."),
    "before-gps": N_("It is dated before 1990."),
    "in-future": N_("It lies more than a day in the future: the device's clock is wrong."),
    "null-island": N_("It is at 0°, 0°: the receiver had no position."),
    "no-position": N_("It has no place on the globe."),
    "number-unreadable": N_("Its member {member} is not a number."),
    "member-unknown": N_("It has the member {member}, which is none of ours."),
    "number-missing": N_("Its number seq is not a whole number from 0 to {most}."),
    "number-reused": N_("The track has another point of the same number."),
    "track-invalid": N_("Its track has no UUID."),
    "mode-unknown": N_("Its track has a mode that is not known: {mode}."),
    "name-invalid": N_("The name of its track is not a text of at most 200 letters."),
    "not-an-object": N_("It is not an object."),
    "marker-unknown": N_("No marker {marker} stands on that day."),
    "content-differs": N_("The same id was sent before with another content."),
    "id-taken": N_("Somebody else used this id."),
    "incident-unknown": N_("The report that it changes has not arrived."),
    "version-ahead": N_("It was made from version {version}; the incident is at {present}."),
    "stale-version": N_(
        "It was made from version {version}; somebody changed the incident, now at {present}."
    ),
    "discarded": N_("It was discarded: {note}"),
    "gone": N_("The incident is there no more."),
    "deleted": N_("The incident was withdrawn by the office; it is not taken up again."),
    "not-recorder": N_("Whoever carries the device may not record meetings and visits in this district."),
    "input-invalid": N_("{pointer}: {words}"),
}
"""What is said of each reason; reasons of refusals from deeper down bring their own words."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A reason and the values of its words; ``text`` is a template of ours."""

    reason: str
    text: str
    params: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, reason: str, **params: Any) -> "Fault":
        """Return the fault of a known reason."""
        return cls(reason, WORDS[reason], {name: storable(value) for name, value in params.items()})

    @classmethod
    def from_refusal(cls, error: WardlineError) -> "Fault":
        """Return the fault that a refusal of ours means."""
        return cls(error.code, error.message, {name: storable(value) for name, value in error.params.items()})

    @classmethod
    def from_validation(cls, errors: list[Any]) -> "Fault":
        """Return the fault of the first value that a schema refuses."""
        first = errors[0]
        kind = str(first["type"])
        at = bool(first["loc"]) and first["loc"][0] in ("at", "occurred_at")
        if at and kind == "timezone_aware":
            return cls.of("time-without-zone")
        if at and kind != "missing":
            return cls.of("time-unreadable")
        if kind == "extra_forbidden":
            return cls.of("member-unknown", member=first["loc"][-1])
        context = {name: str(value) for name, value in (first.get("ctx") or {}).items()}
        pointer = "/" + "/".join(map(str, first["loc"]))
        return cls.of("input-invalid", pointer=pointer, words=fault_text(kind, first["msg"], context))

    def told(self, translate: Callable[[str], str] = str) -> str:
        """Return the fault in words."""
        try:
            return translate(self.text).format(**self.params)
        except (KeyError, IndexError):
            return translate(self.text)

    def to_json(self) -> dict[str, Any]:
        """Return what quarantine keeps."""
        return {"text": self.text, "params": dict(self.params)}


def storable(value: Any) -> Any:
    """Return a value that any text or JSON column holds: short, without NUL or half a surrogate pair."""
    if isinstance(value, bool) or value is None or (isinstance(value, int) and abs(value) < 2**53):
        return value
    return str(value)[:_LONGEST].replace("\0", "␀").encode("utf-8", "replace").decode()


def canonical(value: Any) -> str:
    """Return a value as JSON in ASCII, the same for the same content however it was spelled."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
