// Duty sheets as PDF, of the county or of a part of it: a county takes half a minute, so it tells how long it has been at it.

import { Problem, address, every, read, show, take } from "wardline/api";
import { announce, byId, make } from "wardline/dom";
import { page } from "wardline/page";
import { _, count } from "wardline/text";

const DUTIES = "/api/v1/staffing/duties.pdf";
const TICK_MS = 250;
const SECOND_MS = 1000;
const form = byId("papers");
let running = null;

/** Offer the units of the highest level, each with sheets of its own. */
async function offer() {
  const { items } = await read(address("/api/v1/layers"));
  const layer = items.find((one) => one.kind === "partition");
  if (!layer || layer.levels.length < 2) return;
  const units = await every("areas", `/api/v1/layers/${encodeURIComponent(layer.code)}/items`, { level: 0 });
  const known = units.map(({ properties }) => properties).sort((one, other) => one.code.localeCompare(other.code));
  form.elements.unit.append(...known.map((one) => make("option", { value: one.code }, one.name === one.code ? one.code : `${one.name} · ${one.code}`)));
}

function keep(file, name) {
  const where = URL.createObjectURL(file);
  make("a", { href: where, download: name }).click();
  URL.revokeObjectURL(where);
}

async function print(event) {
  event.preventDefault();
  if (running) return;
  const unit = form.elements.unit.value;
  const [status, cancel] = ["[role=status]", "[data-cancel]"].map((one) => form.querySelector(one));
  const begun = performance.now();
  const tick = () => {
    form.querySelector("[data-words]").textContent = _("Drawing the sheets, {n} s", { n: count(Math.floor((performance.now() - begun) / SECOND_MS)) });
  };
  show(null);
  running = new AbortController();
  status.hidden = cancel.hidden = false;
  tick();
  const timer = setInterval(tick, TICK_MS);
  try {
    const file = await take(address(DUTIES, { unit, lang: page.lang }), { signal: running.signal });
    keep(file, `duty-${unit || page.district.code}.pdf`);
    announce(_("The PDF is made"));
  } catch (problem) {
    if (problem instanceof Problem) show(problem);
    else if (problem.name !== "AbortError") throw problem;
  } finally {
    clearInterval(timer);
    status.hidden = cancel.hidden = true;
    running = null;
  }
}

/** Begin to make papers. */
export async function beginPapers() {
  form.addEventListener("submit", print);
  form.querySelector("[data-cancel]").addEventListener("click", () => running?.abort());
  await offer();
}
