// On phones the panel is a sheet with three heights: drag its grip, or press it.

import { byId } from "wardline/dom";
import { map } from "wardline/page";

const HEIGHTS = ["low", "middle", "high"];
const CLICK_PX = 6;
const MOST_COVERED = 0.6;
const phone = window.matchMedia("screen and (max-width: 760px)");

function set(panel, grip, state) {
  panel.dataset.sheet = state;
  panel.style.height = "";
  grip.setAttribute("aria-expanded", String(state !== "low"));
}

/** Raise or lower the sheet; nothing happens on wide screens. */
export function sheet(state) {
  if (phone.matches) set(byId("panel"), document.querySelector(".grip"), state);
}

/** What of the map the panel covers, as Leaflet padding for fitting bounds. */
export function padding(around = 24) {
  const panel = byId("panel");
  const low = phone.matches ? Math.min(panel.offsetHeight, map.getSize().y * MOST_COVERED) : 0;
  return { paddingTopLeft: [around, around], paddingBottomRight: [around + 36, around + low] };
}

export function startSheet() {
  const panel = byId("panel");
  const grip = document.querySelector(".grip");
  let from = null;
  grip.addEventListener("pointerdown", (event) => {
    from = { y: event.clientY, height: panel.offsetHeight, moved: false };
    grip.setPointerCapture(event.pointerId);
    panel.classList.add("dragging");
  });
  grip.addEventListener("pointermove", (event) => {
    if (!from) return;
    const by = from.y - event.clientY;
    if (Math.abs(by) > CLICK_PX) from.moved = true;
    if (from.moved) panel.style.height = `${Math.max(84, from.height + by)}px`;
  });
  const drop = () => {
    if (!from) return;
    panel.classList.remove("dragging");
    if (from.moved) {
      const share = panel.offsetHeight / panel.parentElement.offsetHeight;
      set(panel, grip, share < 0.25 ? "low" : share < 0.7 ? "middle" : "high");
    }
    window.setTimeout(() => {
      from = null;
    });
  };
  grip.addEventListener("pointerup", drop);
  grip.addEventListener("pointercancel", drop);
  grip.addEventListener("click", () => {
    if (from?.moved) return;
    const next = (HEIGHTS.indexOf(panel.dataset.sheet) + 1) % HEIGHTS.length;
    set(panel, grip, HEIGHTS[next]);
  });
}
