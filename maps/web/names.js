// Names on the map: one canvas above the tiles, each name once, none over another.

import { map } from "wardline/page";
import { colour, onTheme } from "wardline/palette";

const L = window.L;
const FONT = 'system-ui, "Segoe UI", "Noto Sans", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif';
const GAP_PX = 6;

function overlaps(taken, box) {
  return taken.some((other) => box.left < other.right && other.left < box.right && box.top < other.bottom && other.top < box.bottom);
}

/**
 * A layer of names. `list()` answers [{lon, lat, text, size, weight}], the most important first.
 */
export class Names {
  constructor(list) {
    this.list = list;
    this.canvas = L.DomUtil.create("canvas", "map-labels leaflet-zoom-hide", map.getPane("names"));
    this.canvas.setAttribute("aria-hidden", "true");
    map.on("moveend zoomend resize", () => this.draw());
    onTheme(() => this.draw());
    this.waiting = 0;
  }

  /** Draw when the browser is next ready; many calls make one drawing. */
  draw() {
    if (this.waiting) return;
    this.waiting = window.requestAnimationFrame(() => {
      this.waiting = 0;
      this._draw();
    });
  }

  _draw() {
    const size = map.getSize();
    const ratio = window.devicePixelRatio || 1;
    const corner = map.containerPointToLayerPoint([0, 0]);
    L.DomUtil.setPosition(this.canvas, corner);
    this.canvas.width = size.x * ratio;
    this.canvas.height = size.y * ratio;
    this.canvas.style.width = `${size.x}px`;
    this.canvas.style.height = `${size.y}px`;
    const pen = this.canvas.getContext("2d");
    pen.scale(ratio, ratio);
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.lineJoin = "round";
    const taken = [];
    for (const name of this.list()) this._place(pen, name, size, taken);
  }

  _place(pen, name, size, taken) {
    const point = map.latLngToContainerPoint([name.lat, name.lon]).add([0, name.shift || 0]);
    if (point.x < 0 || point.y < 0 || point.x > size.x || point.y > size.y) return;
    pen.font = `${name.weight} ${name.size}px ${FONT}`;
    const half = pen.measureText(name.text).width / 2 + GAP_PX;
    const box = { left: point.x - half, right: point.x + half, top: point.y - name.size, bottom: point.y + name.size };
    if (name.room && half * 2 > name.room(name)) return;
    if (overlaps(taken, box)) return;
    taken.push(box);
    pen.strokeStyle = colour("halo");
    pen.globalAlpha = 0.85;
    pen.lineWidth = 3.5;
    pen.strokeText(name.text, point.x, point.y);
    pen.globalAlpha = 1;
    pen.fillStyle = colour("label");
    pen.fillText(name.text, point.x, point.y);
  }
}
