// Administration: its tabs.

import { read } from "wardline/api";
import { showAudit, startAudit } from "wardline/admin-audit";
import { showDevices, startDevices } from "wardline/admin-devices";
import { attempt, empty, troubleOf, where } from "wardline/admin-parts";
import { startPeople } from "wardline/admin-people";
import { halfFilled } from "wardline/admin-person";
import { showRetention, startRetention } from "wardline/admin-retention";
import { byId, make } from "wardline/dom";
import { page } from "wardline/page";
import { _, count } from "wardline/text";

function district(tab) {
  return byId(`${tab}-district`)?.value ?? page.districts[0]?.code ?? "";
}

function none() {
  return empty(_("No district yet"), _("Import one first: ./wardline import, or ./wardline demo."));
}

async function loadQuarantine() {
  const code = district("quarantine");
  const place = byId("quarantine-rows");
  if (!code) {
    place.replaceChildren(none());
    return;
  }
  byId("quarantine-page").href = `/quarantine?${new URLSearchParams({ district: code })}`;
  const { reasons, items } = await read(where("quarantine", { district: code, limit: 5 }));
  const rows = Object.entries(reasons).map(([reason, number]) => {
    const example = items.find((one) => one.reason === reason);
    return make("li", { class: "grant" }, make("span", { class: "row-title" }, make("code", {}, reason)), make("span", { class: "row-value number" }, count(number)), make("span", { class: "row-note" }, example?.detail ?? ""));
  });
  place.replaceChildren(rows.length ? make("ul", { class: "grants" }, ...rows) : empty(_("Nothing waits"), _("Everything that came from the field was stored. There is nothing to do.")));
}

const tabs = {
  people: () => {},
  devices: showDevices,
  quarantine: () => attempt(troubleOf("quarantine"), loadQuarantine),
  audit: showAudit,
  retention: showRetention,
};

async function turn() {
  const wanted = window.location.hash.slice(1);
  const tab = wanted in tabs ? wanted : "people";
  for (const name of Object.keys(tabs)) byId(`tab-${name}`).hidden = name !== tab;
  for (const link of document.querySelectorAll(".tabs a")) {
    const here = link.hash === `#${tab}`;
    if (here) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
    if (here) link.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
  await tabs[tab]();
}

byId("quarantine-district")?.addEventListener("change", () => tabs.quarantine());
window.addEventListener("hashchange", turn);
window.addEventListener("beforeunload", (event) => {
  if (halfFilled()) event.preventDefault();
});
startDevices();
startAudit();
startRetention();
await Promise.all([startPeople(), turn()]);
document.body.dataset.ready = "1";
