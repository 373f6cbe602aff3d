// The border by age since it was last walked: map, stretches, gaps.

import { address, ask, every, Problem, show } from "wardline/api";
import { ageClass, barrierClasses, border, borderClasses, gapsOf, weakerClasses } from "wardline/border";
import { markerActions } from "wardline/coverage/actions";
import { askedFor } from "wardline/coverage/asked";
import { difference, periodName, watchComparison } from "wardline/coverage/compare";
import { declarations } from "wardline/coverage/declared";
import { dueList, duePlaces } from "wardline/coverage/due";
import { chosenRung, countedAs, credited, showRungs, watchRungs } from "wardline/coverage/evidence";
import { watchLayers } from "wardline/coverage/layers";
import { listing } from "wardline/coverage/listing";
import { watchLive } from "wardline/coverage/live";
import { measures } from "wardline/coverage/measures";
import { patrols } from "wardline/coverage/replay";
import { taskList } from "wardline/coverage/tasks";
import { timeline } from "wardline/coverage/timeline";
import { dueNote, effortNote, lastWalked, rate, took, twiceNote } from "wardline/coverage/told";
import { trend } from "wardline/coverage/trend";
import { gridGround, gridVisits } from "wardline/coverage/visits";
import { announce, byId, facts, make, message, replace } from "wardline/dom";
import { fit, startMap } from "wardline/ground";
import { legend } from "wardline/legend";
import { page } from "wardline/page";
import { groups } from "wardline/palette";
import { shift, today, watchPeriod } from "wardline/period";
import { sheet } from "wardline/sheet";
import { _, ago, chainage, day, instant, metres, percent } from "wardline/text";
import { outlines } from "wardline/units";

const NEAR_DEG = 0.01;
const UNSIGNED = 401;

let line = null;
let ticks = null;
let chosen = null;
let running = null;
let compared = () => null;
let strip = null;
let chart = null;
let due = null;
let tasks = null;
let declared = null;
let places = null;
let walks = null;
let gapList = null;
let segmentList = null;
let drawLayers = async () => {};
let wanted = null;
let shown = { period: null, from: null, segments: [], total: null, before: null };
let drawnDay = null;

function sumOf(segments, name) {
  return segments.reduce((total, segment) => total + segment[name], 0);
}

/** How the headline differs from that of the other period. */
function comparison(share) {
  if (!shown.before) return null;
  const { period, segments } = shown.before;
  const length = sumOf(segments, "length_m");
  const name = periodName(period);
  if (!length) return make("p", { class: "faint", id: "walked-change" }, _("There was no border to walk in {period}.", { period: name }));
  const before = credited(segments) / length;
  return make(
    "p",
    { class: "faint", id: "walked-change" },
    difference(share, before),
    " · ",
    _("{share} in {period}", { share: percent(before), period: name }),
  );
}

/** Why there is nothing to walk: the border came later, or there is none at all. */
function noBorder() {
  const last = shown.period && lastDay(shown.period);
  if (last && last < today()) return message(_("No border on {day}", { day: day(last) }), _("Choose later days."));
  return message(
    _("No border yet"),
    make("span", {}, _("Import the border as lines, then upload tracks:"), make("p", {}, make("code", {}, "./wardline import border FILE --apply"))),
  );
}

function showSummary() {
  const { segments } = shown;
  const length = sumOf(segments, "length_m");
  showRungs(segments);
  if (!length) {
    replace(byId("summary"), noBorder());
    return;
  }
  const walked = sumOf(segments, "covered_m");
  const counted = credited(segments);
  const share = counted / length;
  const bridged = sumOf(segments, "inferred_m");
  const beside = Math.max(counted - walked, bridged);
  replace(
    byId("summary"),
    make(
      "p",
      { class: "headline" },
      make("span", { class: "headline-number number", id: "walked-share" }, percent(share)),
      make("span", { class: "soft" }, countedAs(metres(counted), metres(length))),
    ),
    make("div", { class: "bar-measure" }, rate(walked / length, beside / length, _("{share} walked", { share: percent(walked / length) }))),
    comparison(share),
    shown.period.from > today() ? message(_("It has not begun"), _("What is not walked in it yet is no gap.")) : null,
    bridged > 0 && counted === walked
      ? make("p", { class: "faint" }, _("{n} more are bridged between fixes and not counted.", { n: metres(bridged) }))
      : null,
    took(shown.total),
  );
  announce(_("{share} walked", { share: percent(walked / length) }));
}

/** How a stretch differs from itself in the other period, where it was there then. */
function changeOf(segment, share) {
  const before = shown.before?.segments.find(({ code }) => code === segment.code);
  if (!shown.before) return null;
  if (!before) return make("span", { class: "change" }, _("not there then"));
  return difference(share, credited([before]) / before.length_m);
}

function segmentRow(segment) {
  const share = credited([segment]) / segment.length_m;
  const walked = segment.covered_m / segment.length_m;
  const beside = Math.max(share - walked, segment.inferred_m / segment.length_m);
  const name = segment.name && segment.name !== segment.code ? `${segment.code} · ${segment.name}` : segment.code;
  const change = changeOf(segment, share);
  return make(
    "button",
    { class: "row", type: "button", "data-segment": segment.code, "aria-pressed": String(chosen === segment.code), on: { click: () => choose(segment.code) } },
    make("span", { class: "row-title" }, name),
    make("span", { class: "row-value number" }, percent(share)),
    make("span", { class: "rate" }, rate(walked, beside, percent(share))),
    make("span", { class: "row-note" }, [metres(segment.length_m), lastWalked(segment)].join(" · "), dueNote(segment.due)),
    make("span", { class: "row-note" }, effortNote(segment)),
    ...segment.twice.map(twiceNote),
    change && make("span", { class: "row-note" }, change),
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
  const thing = { kind: "segment", code: gap.code, from_m: gap.from_m, to_m: gap.to_m, counts_from: shown.from, where: between(gap) };
  return tasks.beside(gapEntry(gap), thing);
}

function gapEntry(gap) {
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
  line.goTo((one) => one === feature);
  sheet("middle");
}

/** What of the stretches lies between two measures of one. */
function within({ code, from_m: from, to_m: to }) {
  return ({ properties: one }) => one.code === code && one.from_m < to && one.to_m > from;
}

function goToTask(task) {
  line.select(null);
  line.goTo(within(task));
  sheet("middle");
}

/** Lead to something that is due: all of a stretch, or the neighbourhood of a point, with a ring round it. */
function goToDue(thing) {
  line.select(null);
  const near = [thing.lon - NEAR_DEG, thing.lat - NEAR_DEG, thing.lon + NEAR_DEG, thing.lat + NEAR_DEG];
  if (thing.from_m === null || !line.goTo(within(thing))) fit(near, {}, [[[thing.lat, thing.lon]]]);
  places.ring([thing.lat, thing.lon]);
  sheet("middle");
}

function choose(code) {
  chosen = chosen === code ? null : code;
  for (const row of document.querySelectorAll("[data-segment]")) {
    row.setAttribute("aria-pressed", String(row.dataset.segment === chosen));
  }
  showGaps(line.features());
  strip.mark(chosen);
  line.emphasise(chosen);
  line.goTo(({ properties }) => !chosen || properties.code === chosen);
}

function showGaps(features) {
  const begun = page.data || shown.period?.from <= today();
  const gaps = begun ? gapsOf(features).filter(({ code }) => !chosen || code === chosen) : [];
  byId("gaps-section").hidden = features.length === 0 || !begun;
  byId("gaps-count").textContent = gaps.length ? metres(gaps.reduce((total, gap) => total + gap.to_m - gap.from_m, 0)) : "";
  gapList(gaps);
}

const EXPORTS = {
  html: "/maps/coverage.html",
  pdf: "/api/v1/coverage/sheet.pdf",
  sheet: "/api/v1/coverage/sheet.html",
  gpkg: "/api/v1/coverage/segments.gpkg",
  csv: "/api/v1/coverage/segments.csv",
  geojson: "/api/v1/coverage/segments.geojson",
};
const IN_WORDS = ["html", "pdf", "sheet"];

function showLinks(period) {
  for (const link of document.querySelectorAll("[data-export]")) {
    const kind = link.dataset.export;
    link.href = address(EXPORTS[kind], { ...period, lang: IN_WORDS.includes(kind) ? page.lang : null });
    if (link.hasAttribute("download")) link.setAttribute("download", `coverage-${period.from}-${period.to}.${kind}`);
  }
}

/** The last day that a period tells of; a future one tells of today. */
function lastDay(period) {
  const last = shift(period.to, -1);
  return last < today() ? last : today();
}

/** Outlines and markers as they are on the day that is asked about. */
async function drawDay(asked) {
  if (page.data || asked === drawnDay) return;
  drawnDay = asked;
  const [posts] = await Promise.all([
    every("markers", "/api/v1/layers/markers/items", { kind: "boundary-marker", as_of: asked }),
    outlines(asked),
  ]);
  if (asked !== drawnDay) return;
  line.markers(posts);
  showGaps(line.features()); // Gaps that were told before the markers came have no names yet.
}

/** What depends on what counts, or on the other period, and needs no question to the service. */
function tell() {
  line.countInferred(["inferred", "declared"].includes(chosenRung()));
  showSummary();
  byId("segments-section").hidden = shown.segments.length === 0;
  segmentList(shown.segments);
}

/** Say why a period cannot be told, whose figures are shown instead, and offer to ask again. */
function refuse(problem, period) {
  show(problem);
  if (!shown.period) replace(byId("summary"));
  const still = shown.period && shown.period !== period ? periodName(shown.period) : null;
  byId("period-text").textContent = still ?? periodName(period);
  byId("problem").firstChild.append(
    make("p", {}, still ? _("What is shown is still of {period}.", { period: still }) : ""),
    problem.status === UNSIGNED ? make("a", { href: "/signin", target: "_blank", rel: "noopener" }, _("Sign in in another tab, then try again here.")) : "",
    make("button", { class: "button", type: "button", on: { click: () => load(period) } }, _("Ask again")),
  );
}

async function load(period) {
  wanted = period;
  running?.abort();
  running = new AbortController();
  const options = { signal: running.signal };
  const other = compared(period);
  byId("period-text").textContent = periodName(period);
  showLinks(period);
  byId("panel-body").classList.add("loading");
  byId("panel-body").setAttribute("aria-busy", "true");
  // At first the map has yet to go to the border: what is drawn before is asked for twice.
  const first = line.features().length === 0;
  let drawn = first ? null : drawDay(lastDay(period)).catch(show);
  try {
    const [report, intervals, weaker, barriers, before] = await Promise.all([
      ask("segments", "/api/v1/coverage/segments", period, options),
      ask("intervals", "/api/v1/coverage/segments.geojson", period, options),
      ask("weaker", "/api/v1/coverage/weaker.geojson", period, options),
      ask("barriers", "/api/v1/coverage/barriers", period, options),
      other ? ask("before", "/api/v1/coverage/segments", other, options) : null,
    ]);
    show(null);
    line.set(intervals.features);
    line.weaker(weaker.features);
    line.barriers(barriers.items);
    ticks.set(intervals.features);
    shown = { period, from: report.from, segments: report.segments, total: report.total, before: before && { period: other, segments: before.segments } };
    byId("as-of").textContent = _("ages as of {when}", { when: instant(report.as_of) });
    tell();
    showGaps(intervals.features);
    legend(_("Last walked"), "line", [...borderClasses(intervals.features), ...weakerClasses(weaker.features), ...barrierClasses(barriers.items)]);
    if (first) line.goTo();
    drawn ??= drawDay(lastDay(period)).catch(show);
    places.ring(null);
    walks.show(report);
    await Promise.all([
      drawn,
      strip.show(period, options),
      chart.show(lastDay(period), options),
      due.show(report.as_of, options),
      tasks.show(options),
      declared.show(period, options),
      drawLayers({ at: report.as_of, period }, options),
    ]);
  } catch (problem) {
    if (problem.name === "AbortError") return;
    if (!(problem instanceof Problem)) throw problem;
    refuse(problem, period);
  } finally {
    if (!options.signal.aborted) {
      byId("panel-body").classList.remove("loading");
      byId("panel-body").setAttribute("aria-busy", "false");
    }
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
  ticks = measures();
  if (page.data) line.markers(await every("markers", "/api/v1/layers/markers/items"));
  gapList = listing(byId("gaps"), gapRow, _("None: everything was walked in this period."));
  segmentList = listing(byId("segments"), segmentRow, "");
  watchRungs(tell);
  compared = watchComparison(() => load(wanted));
  tasks = taskList(goToTask);
  declared = declarations(
    () => ({ segments: shown.segments, gaps: gapsOf(line.features()), chosen }),
    () => load(wanted),
  );
  const markers = markerActions(() => load(wanted));
  due = dueList(goToDue, (row, thing) => markers.beside(tasks.beside(row, thing), thing));
  places = duePlaces(markers.open);
  walks = patrols(() => load(wanted));
  watchLive();
  drawLayers = watchLayers({ markers: { ...places, kind: "point" }, grids: gridVisits(), ground: gridGround(), asked: askedFor() });
  let chooseDays = () => {};
  strip = timeline((days) => chooseDays(days), choose);
  chart = trend((days) => chooseDays(days));
  await new Promise((done) => {
    chooseDays = watchPeriod((period) => load(period).then(done));
  });
}

startMap();
if (page.district) await start();
else {
  showSummary();
  byId("segments-section").hidden = true;
  for (const id of ["period", "comparison"]) byId(id).hidden = true;
}
document.body.dataset.ready = "1";
