// The workspace of plans: it starts the map, the list, the tools and the panel, and keeps an eye on other drafts.

import { byId, message, replace } from "wardline/dom";
import { asked, page } from "wardline/page";
import "wardline/redraw/areas";
import "wardline/redraw/border";
import { startBalance } from "wardline/redraw/balance";
import { startConflicts } from "wardline/redraw/conflict";
import "wardline/redraw/cuts";
import { complain, desk, loadPlans, noted, open, refused } from "wardline/redraw/desk";
import { startExchange } from "wardline/redraw/exchange";
import { help } from "wardline/redraw/help";
import { startHistory } from "wardline/redraw/history";
import { startList } from "wardline/redraw/list";
import { startPanel } from "wardline/redraw/panel";
import { fitChanges, startScene } from "wardline/redraw/scene";
import { startTools } from "wardline/redraw/tools";
import { loadGroups, loadOthers } from "wardline/redraw/units";
import { map, startView } from "wardline/redraw/view";
import { startSheet } from "wardline/sheet";
import { _ } from "wardline/text";

const LOOK_AGAIN_MS = 20000;

/** Take in what others do; a plan that is being edited is only told that it fell behind. */
async function lookAround() {
  if (document.hidden || desk.busy) return;
  try {
    await loadPlans();
    const now = desk.plans.find(({ id }) => id === desk.plan?.id);
    const fellBehind = now && now.stale && !desk.plan.stale && now.version === desk.plan.version;
    if (fellBehind) noted({ ...desk.plan, ...now });
    if (fellBehind) complain({ text: _("The units in force have changed"), hint: _("Another plan was published. Bring yours up to date when it suits you."), features: [] });
    await loadOthers();
  } catch (problem) {
    console.info(problem.message);
  }
}

async function begin() {
  startSheet();
  startScene();
  startPanel();
  await loadPlans();
  startList();
  startTools(help);
  startConflicts();
  startBalance();
  startHistory();
  startExchange();
  const wanted = asked("plan");
  if (wanted) {
    await open(wanted).catch(refused);
    fitChanges();
  }
  loadGroups().catch((problem) => console.info(problem.message));
  loadOthers().catch((problem) => console.info(problem.message));
  window.setInterval(lookAround, LOOK_AGAIN_MS);
}

function nothing() {
  startSheet();
  for (const id of ["shelves", "begin", "bring-back", "history", "plans"]) byId(id).hidden = true;
  byId("nothing").hidden = false;
  replace(byId("nothing"), message(_("No grids yet"), _("Import them from a file before they can be redrawn: ./wardline import grids FILE")));
}

await startView();
if (page.partition) await begin().catch(refused);
else nothing();
map.once("rendercomplete", () => {
  document.body.dataset.ready = "1";
});
map.render();
