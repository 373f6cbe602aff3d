// The border by age since it was last walked: map, stretches, gaps.

import { address, ask, every, show } from "wardline/api";
import { ageClass, border, borderClasses } from "wardline/border";
import { announce, byId, draw, facts, make, message, replace } from "wardline/dom";
import { fit, startMap } from "wardline/ground";
import { legend } from "wardline/legend";
import { page } from "wardline/page";
import { groups } from "wardline/palette";
import { watchPeriod, shift } from "wardline/period";
import { sheet } from "wardline/sheet";
import { _, ago, chainage, day, instant, metres, percent } from "wardline/text";
import { outlines } from "wardline/units";

let line = null;
let chosen = null;
let running = null;

/** A bar of parts of a whole: walked, then bridged, the rest empty. */
function rate(walked, inferred, label) {
  const svg = draw("svg", { viewBox: "0 0 100 1", preserveAspectRatio: "none", role: "img", "aria-label": label });
  svg.append(draw("rect", { class: "rate-part-walked", x: 0, y: 0, width: walked * 100, height: 1 }));
  svg.append(draw("rect", { class: "rate-part-inferred", x: walked * 100, y: 0, width: inferred * 100, height: 1 }));
  return svg;
}

function lastWalked(entry) {
  if (!entry.last_at) return _("not walked in this period");
  const by = entry.last_by ? ` · ${entry.last_by}` : "";
  return `${_("last walked {when}", { when: instant(entry.last_at) })}${by}`;
}

function showSummary(segments) {
  const sum = (name) => segments.reduce((total, segment) => total + segment[name], 0);
  const length = sum("length_m");
  if (!length) {
    replace(
      byId("summary"),
      message(
        _("No border yet"),
        make("span", {}, _("Import the border as lines, then upload tracks:"), make("p", {}, make("code", {}, "./wardline import border FILE --apply"))),
      ),
    );
    return;
  }
  const share = sum("covered_m") / length;
  const bridged = sum("inferred_m") / length;
  replace(
    byId("summary"),
    make(
      "p",
      { class: "headline" },
      make("span", { class: "headline-number number", id: "walked-share" }, percent(share)),
      make("span", { class: "soft" }, _("walked: {part} of {whole}", { part: metres(sum("covered_m")), whole: metres(length) })),
    ),
    make("div", { class: "bar-measure" }, rate(share, bridged, _("{share} walked", { share: percent(share) }))),
    bridged > 0
      ? make("p", { class: "faint" }, _("{n} more are bridged between fixes and not counted.", { n: metres(sum("inferred_m")) }))
      : null,
  );
  announce(_("{share} walked", { share: percent(share) }));
}

function dueNote(due) {
  if (due?.state === "overdue") return make("span", { class: "state-overdue" }, ` · ${overdue(due)}`);
  return due?.state === "soon" ? make("span", { class: "state-overdue" }, " · ", _("due soon")) : null;
}

function overdue(due) {
  return _("overdue: {n}", { n: metres(due.overdue_m) });
}

function segmentRow(segment) {
  const share = segment.covered_m / segment.length_m;
  const name = segment.name && segment.name !== segment.code ? `${segment.code} · ${segment.name}` : segment.code;
  return make(
    "button",
    { class: "row", type: "button", "data-segment": segment.code, "aria-pressed": String(chosen === segment.code), on: { click: () => choose(segment.code) } },
    make("span", { class: "row-title" }, name),
    make("span", { class: "row-value number" }, percent(share)),
    make("span", { class: "rate" }, rate(share, segment.inferred_m / segment.length_m, percent(share))),
    make("span", { class: "row-note" }, [metres(segment.length_m), lastWalked(segment)].join(" · "), dueNote(segment.due)),
  );
}

/** Where a stretch lies, by the names of the markers round it. */
function between(gap) {
  const [before, after] = (gap.markers || []).map((code) => line.nameOf(code));
  if (before && after) return _("{before} to {after}", { before, after });
  if (before) return _("after {before}", { before });
  if (after) return _("before {after}", { after });
  return _("no markers near");
}

function gapRow(gap) {
  return make(
    "button",
    { class: "row", type: "button", "data-gap": `${gap.code}:${Math.round(gap.from_m)}`, on: { click: () => goTo(gap.feature) } },
    make("span", { class: "row-title" }, between(gap)),
    make("span", { class: "row-value number" }, metres(gap.to_m - gap.from_m)),
    make(
      "span",
      { class: "row-note" },
      _("{code}, km {from} to {to}", { code: gap.code, from: chainage(gap.from_m), to: chainage(gap.to_m) }),
      gap.last_at ? ` · ${_("last walked {when}", { when: instant(gap.last_at) })}` : "",
    ),
  );
}

function goTo(feature) {
  line.select(feature);
  fit(line.boundsOf(feature));
  sheet("middle");
}

function choose(code) {
  chosen = chosen === code ? null : code;
  for (const row of document.querySelectorAll("[data-segment]")) {
    row.setAttribute("aria-pressed", String(row.dataset.segment === chosen));
  }
  showGaps(line.features());
  line.emphasise(chosen);
  fit(chosen ? line.boundsOfSegment(chosen) : line.bounds());
}

function showGaps(features) {
  const gaps = features
    .filter(({ properties }) => properties.state === "gap" && (!chosen || properties.code === chosen))
    .map((feature) => ({ ...feature.properties, feature }))
    .sort((one, other) => other.to_m - other.from_m - (one.to_m - one.from_m));
  byId("gaps-section").hidden = features.length === 0;
  byId("gaps-count").textContent = gaps.length ? metres(gaps.reduce((total, gap) => total + gap.to_m - gap.from_m, 0)) : "";
  replace(
    byId("gaps"),
    ...(gaps.length ? gaps.map(gapRow) : [make("p", { class: "row soft" }, _("None: everything was walked in this period."))]),
  );
}

function showLinks(period) {
  for (const link of document.querySelectorAll("[data-export]")) {
    const paths = {
      html: "/maps/coverage.html",
      csv: "/api/v1/coverage/segments.csv",
      geojson: "/api/v1/coverage/segments.geojson",
    };
    const lang = link.dataset.export === "html" ? { lang: page.lang } : {};
    link.href = address(paths[link.dataset.export], { ...period, ...lang });
    link.setAttribute("download", `coverage-${period.from}-${period.to}.${link.dataset.export}`);
  }
}

async function load(period) {
  running?.abort();
  running = new AbortController();
  const options = { signal: running.signal };
  byId("period-text").textContent = _("{from} to {to}", { from: day(period.from), to: day(shift(period.to, -1)) });
  showLinks(period);
  byId("panel-body").classList.add("loading");
  try {
    const [report, intervals] = await Promise.all([
      ask("segments", "/api/v1/coverage/segments", period, options),
      ask("intervals", "/api/v1/coverage/segments.geojson", period, options),
    ]);
    show(null);
    const first = line.features().length === 0;
    line.set(intervals.features);
    showSummary(report.segments);
    byId("segments-section").hidden = report.segments.length === 0;
    replace(byId("segments"), ...report.segments.map(segmentRow));
    showGaps(intervals.features);
    legend(_("Last walked"), "line", borderClasses(intervals.features));
    if (first && intervals.features.length) fit(line.bounds());
  } catch (problem) {
    if (problem.name !== "AbortError") show(problem);
  } finally {
    byId("panel-body").classList.remove("loading");
  }
}

/** What a pointed-at stretch says, as elements. */
export function story(properties) {
  const step = properties.state === "covered" ? ageClass(properties) : groups.states.find(({ key }) => key === properties.state);
  return make(
    "div",
    {},
    make("strong", {}, _("{code}, km {from} to {to}", { code: properties.code, from: chainage(properties.from_m), to: chainage(properties.to_m) })),
    make("div", { class: "soft" }, properties.state === "covered" ? ago(properties.age_days) : step.label),
    facts([
      [_("Length"), metres(properties.to_m - properties.from_m)],
      [_("Markers"), properties.markers?.filter(Boolean).length ? between(properties) : null],
      [_("Last walked"), properties.last_at ? instant(properties.last_at) : null],
      [_("By"), properties.last_by],
    ]),
  );
}

async function start() {
  line = border(story);
  const context = outlines().catch(show);
  line.markers(await every("markers", "/api/v1/layers/markers/items", { kind: "boundary-marker" }).catch(() => []));
  await new Promise((done) => watchPeriod((period) => load(period).then(done)));
  await context;
}

startMap();
if (page.district) await start();
else {
  showSummary([]);
  byId("segments-section").hidden = true;
  byId("period").hidden = true;
}
document.body.dataset.ready = "1";
