// The start: the district on the map, its workspaces, and what is going on in them now.

import { ask } from "wardline/api";
import { border, borderClasses } from "wardline/border";
import { byId, make } from "wardline/dom";
import { startMap } from "wardline/ground";
import { legend } from "wardline/legend";
import { levelNames } from "wardline/levels";
import { page } from "wardline/page";
import { shift, today } from "wardline/period";
import { _, count, metres, percent } from "wardline/text";
import { outlines } from "wardline/units";

/** Say what goes on in a workspace, where it is offered. */
function say(id, text) {
  const place = byId(id);
  if (place) place.textContent = text;
}

function grids() {
  if (!page.partition) {
    say("live-grids", _("No grids yet"));
    return;
  }
  const { levels, counts } = page.partition;
  say("live-grids", levels.map((name, level) => _("{n} {name}", { n: count(counts[level]), name: levelNames(name) })).join(" · "));
}

async function coverage() {
  const period = { from: shift(today(), -29), to: shift(today(), 1) };
  const [report, intervals] = await Promise.all([
    ask("segments", "/api/v1/coverage/segments", period),
    ask("intervals", "/api/v1/coverage/segments.geojson", period),
  ]);
  const length = report.segments.reduce((sum, segment) => sum + segment.length_m, 0);
  const walked = report.segments.reduce((sum, segment) => sum + segment.covered_m, 0);
  if (!length) {
    say("live-coverage", _("No border yet"));
    return;
  }
  say("live-coverage", _("{share} of {length} walked in the last 30 days", { share: percent(walked / length), length: metres(length) }));
  const line = border(() => make("span"));
  line.set(intervals.features);
  legend(_("Last walked"), "line", borderClasses(intervals.features));
}


async function stations() {
  const { items } = await ask("stations", "/api/v1/stations");
  const open = items.filter((station) => station.open).length;
  say("live-stations", items.length ? _("{open} of {all} open now", { open: count(open), all: count(items.length) }) : _("No stations yet"));
}

/** A part that cannot be had leaves its line out: the start still leads everywhere. */
async function quietly(part) {
  try {
    await part();
  } catch (problem) {
    console.info(problem.message);
  }
}

startMap();
if (page.district?.bounds) {
  grids();
  const parts = { outlines, coverage, stations };
  await Promise.all(page.may.map((name) => quietly(parts[name])));
}
document.body.dataset.ready = "1";
