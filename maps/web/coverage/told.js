// What is told of stretches: a bar, when and by whom they were last walked, what that took, what is due.

import { draw, facts, make } from "wardline/dom";
import { _, count, decimal, instant, metres, percent } from "wardline/text";

/** A bar of parts of a whole: walked, then bridged, the rest empty. */
export function rate(walked, inferred, label) {
  const svg = draw("svg", { viewBox: "0 0 100 1", preserveAspectRatio: "none", role: "img", "aria-label": label });
  svg.append(draw("rect", { class: "rate-part-walked", x: 0, y: 0, width: walked * 100, height: 1 }));
  svg.append(draw("rect", { class: "rate-part-inferred", x: walked * 100, y: 0, width: inferred * 100, height: 1 }));
  return svg;
}

export function lastWalked(entry) {
  if (!entry.last_at) return _("not walked in this period");
  const by = entry.last_by ? ` · ${entry.last_by}` : "";
  return `${_("last walked {when}", { when: instant(entry.last_at) })}${by}`;
}

function hours(value) {
  return _("{n} h", { n: decimal(value, 1) });
}

/** How long ago the metres were walked, on average. */
function freshness({ freshness: { age_days: days, known_percent: known } }) {
  if (days === null) return null;
  const age = _("{n} days on average", { n: decimal(days, 1) });
  return known < 100 ? _("{age}, {share} known", { age, share: percent(known / 100) }) : age;
}

/** What walking all of it took. */
export function took(total) {
  return facts([
    [_("Kilometres walked"), _("{n} km", { n: decimal(total.walked_km, 1) })],
    [_("Hours, person-hours"), `${hours(total.hours)}, ${hours(total.person_hours)}`],
    [_("Freshness"), freshness(total)],
  ]);
}

export function dueNote(due) {
  if (due?.state === "overdue") return make("span", { class: "state-overdue" }, ` · ${overdue(due)}`);
  return due?.state === "soon" ? make("span", { class: "state-overdue" }, " · ", _("due soon")) : null;
}

function overdue(due) {
  return _("overdue: {n}", { n: metres(due.overdue_m) });
}

/** What walking a stretch took, and how fresh what is known of it is. */
export function effortNote(segment) {
  const walked = segment.walked_km > 0 ? [_("{n} km", { n: decimal(segment.walked_km, 1) }), _("{n} person-hours", { n: decimal(segment.person_hours, 1) })] : [];
  const age = freshness(segment);
  return [...walked, age && _("walked {age}", { age })].filter(Boolean).join(" · ");
}

/** Somebody who was at work with two devices at once: told, since one of them was at another place. */
export function twiceNote({ by, minutes, apart_m: apart }) {
  const who = _("two devices at once: {who}, {n} min", { who: by ?? _("somebody on shift"), n: count(Math.round(minutes)) });
  return make("span", { class: "row-note state-overdue" }, apart === null ? who : `${who}, ${_("{n} apart", { n: metres(apart) })}`);
}
