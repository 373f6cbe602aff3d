// How it is known that a metre was visited, and what the headline would be with each rung of the ladder.

import { byId } from "wardline/dom";
import { asked, remember } from "wardline/page";
import { _, share, signed } from "wardline/text";

const METRES = { observed: "covered_m", seen: "seen_m", inferred: "inferred_m", declared: "declared_m" };

/** The rungs from the strongest to the weakest; each counts all those before it as well. */
export const RUNGS = Object.keys(METRES);

let rung = RUNGS.includes(asked("evidence")) ? asked("evidence") : "observed";

export function chosenRung() {
  return rung;
}

/** The metres of segments that count with a rung; what is not known of any of them counts nothing. */
export function credited(segments, upTo = rung) {
  // A metre that is known in two ways counts once, which the metres of the rungs do not say.
  return segments.reduce((total, segment) => total + ((segment.rungs?.[upTo] ?? 0) / 100) * segment.length_m, 0);
}

/** Whether a rung is reckoned at all: what nobody computes is not the same as nothing. */
function reckoned(segments, name) {
  return segments.some((segment) => typeof segment[METRES[name]] === "number");
}

/** What the headline counts, in words. */
export function countedAs(part, whole) {
  const said = {
    observed: _("walked: {part} of {whole}", { part, whole }),
    seen: _("walked or seen: {part} of {whole}", { part, whole }),
    inferred: _("with what is bridged: {part} of {whole}", { part, whole }),
    declared: _("with what is declared: {part} of {whole}", { part, whole }),
  };
  return said[rung];
}

/** Write beside each rung what the headline would be. */
export function showRungs(segments) {
  const length = segments.reduce((total, segment) => total + segment.length_m, 0);
  byId("evidence").hidden = !length;
  for (const name of RUNGS) {
    const known = reckoned(segments, name);
    const input = document.querySelector(`[name=evidence][value=${name}]`);
    input.disabled = !known;
    document.querySelector(`[data-rung=${name}]`).textContent = known ? share(credited(segments, name) / length) : "–";
    const more = ((credited(segments, name) - credited(segments)) / length) * 100;
    // What choosing it would do to the headline, before it is chosen.
    document.querySelector(`[data-more=${name}]`).textContent = known && name !== rung ? signed(more, 1) : "";
    input.parentElement.title = known ? "" : _("not reckoned for this period");
  }
}

/** Watch the switch; `change` is called after every choice. */
export function watchRungs(change) {
  const place = byId("evidence");
  for (const input of place.querySelectorAll("input")) input.checked = input.value === rung;
  place.addEventListener("change", ({ target }) => {
    rung = target.value;
    remember({ evidence: rung === "observed" ? null : rung });
    change();
  });
}
