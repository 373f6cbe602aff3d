// The border on the map: one line per interval, by age; gaps hatched; markers with names.

import { make } from "wardline/dom";
import { fit } from "wardline/ground";
import { map } from "wardline/page";
import { classOf, colour, groups, onTheme } from "wardline/palette";
import { keepOff, names, outward } from "wardline/names";
import { count, metres } from "wardline/text";

const L = window.L;
const POSTS_FROM_ZOOM = 10.5;
const NAMES_FROM_ZOOM = 11.5;
const [inferredClass, gapClass] = groups.states;

function positions(feature) {
  const { type, coordinates } = feature.geometry;
  const lines = type === "LineString" ? [coordinates] : coordinates; // A polygon is its rings.
  return lines.map((line) => line.map(([lon, lat]) => [lat, lon]));
}

function box(features) {
  const bounds = L.latLngBounds([]);
  for (const feature of features) for (const line of positions(feature)) bounds.extend(line);
  return bounds.isValid() ? [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()] : null;
}

function strokes(state, tint) {
  if (state === "gap") return { color: tint, weight: 7, dashArray: "2.5 2.5", lineCap: "butt" };
  if (state === "inferred") return { color: tint, weight: 3.5, dashArray: "3 5", lineCap: "butt" };
  return { color: tint, weight: 6, dashArray: null, lineCap: "butt" };
}

function postNames(posts) {
  return posts.map(({ lon, lat, name }) => ({ lon, lat, text: name, size: 11, weight: 600, beside: outward(lat, lon), clear: 9 }));
}

/** The code of every stretch, outside of the middle of it. */
function stretchNames(features) {
  const middles = new Map();
  for (const feature of features) {
    const { code, from_m: from, to_m: to } = feature.properties;
    const known = middles.get(code) || { from: Infinity, to: -Infinity, features: [] };
    known.from = Math.min(known.from, from);
    known.to = Math.max(known.to, to);
    known.features.push(feature);
    middles.set(code, known);
  }
  return [...middles].map(([code, stretch]) => {
    const middle = (stretch.from + stretch.to) / 2;
    const holder = stretch.features.find(({ properties }) => properties.to_m >= middle) || stretch.features[0];
    const [line] = positions(holder);
    const [lat, lon] = line[Math.floor(line.length / 2)];
    return { lon, lat, text: code, size: 13, weight: 650, beside: outward(lat, lon), clear: 12 };
  });
}

/** Lengths by class, as the legend shows them. */
export function borderClasses(features) {
  const length = (wanted) =>
    features.filter(wanted).reduce((total, { properties }) => total + properties.to_m - properties.from_m, 0);
  const ages = groups.ages.map((step) => ({
    step,
    amount: metres(length(({ properties }) => properties.state === "covered" && ageClass(properties) === step)),
  }));
  const states = groups.states.map((step) => ({ step, amount: metres(length(({ properties }) => properties.state === step.key)) }));
  return features.length ? [...ages, ...states] : [];
}

/** Lengths of what of the gaps was seen or declared; nothing of what there is none of. */
export function weakerClasses(features) {
  const length = (key) => features.filter(({ properties }) => properties.evidence === key).reduce((total, { properties }) => total + properties.to_m - properties.from_m, 0);
  return groups.weaker.map((step) => ({ step, metres: length(step.key) })).filter((one) => one.metres > 0).map((one) => ({ step: one.step, amount: metres(one.metres) }));
}

/** How many barriers of sight there are; nothing where there is none. */
export function barrierClasses(barriers) {
  return barriers.length ? groups.barriers.map((step) => ({ step, amount: count(barriers.length) })) : [];
}

export function ageClass(properties) {
  return classOf(groups.ages, properties.age_days ?? 0);
}

function barrierStory({ code, name, note }) {
  return make("div", {}, make("strong", {}, name === code ? code : `${code} · ${name}`), make("div", { class: "soft" }, note || groups.barriers[0].label));
}

/** The border's layer; `story(properties)` makes the element a pointed-at interval shows. */
export function border(story) {
  const casingPen = L.canvas({ pane: "casing", padding: 0.3 });
  const linePen = L.canvas({ pane: "data", padding: 0.3, tolerance: 6 });
  const pointPen = L.canvas({ pane: "points", padding: 0.3, tolerance: 4 });
  const casings = L.layerGroup().addTo(map);
  const lines = L.layerGroup().addTo(map);
  const points = L.layerGroup().addTo(map);
  let shown = [];
  let weaker = [];
  let barriers = [];
  let posts = [];
  let emphasised = null;
  let selected = null;
  let counts = false;

  const tint = ({ state, ...properties }) => {
    if (state === "gap") return colour(gapClass.key);
    // Counted, what is bridged has its age as well, and stays a broken line.
    if (state === "inferred" && !(counts && properties.last_at)) return colour(inferredClass.key);
    return colour(ageClass(properties).key);
  };

  const paint = () => {
    casings.clearLayers();
    lines.clearLayers();
    for (const feature of shown) {
      const { properties } = feature;
      const faded = emphasised && properties.code !== emphasised;
      const path = positions(feature);
      const under = { renderer: casingPen, interactive: false, lineCap: "round", smoothFactor: 0.6 };
      if (feature === selected) L.polyline(path, { ...under, color: colour("label"), weight: 15 }).addTo(casings);
      L.polyline(path, { ...under, color: colour("casing"), weight: 9.5, opacity: faded ? 0.5 : 1 }).addTo(casings);
      L.polyline(path, { renderer: linePen, smoothFactor: 0.6, opacity: faded ? 0.3 : 1, ...strokes(properties.state, tint(properties)) })
        .bindTooltip(() => story(properties), { sticky: true, direction: "top", offset: [0, -8], opacity: 1 })
        .addTo(lines);
    }
    for (const feature of weaker) {
      const step = groups.weaker.find(({ key }) => key === feature.properties.evidence);
      const dash = step.pattern === "dotted" ? "3 4" : null;
      L.polyline(positions(feature), { renderer: linePen, interactive: false, smoothFactor: 0.6, color: colour(step.key), weight: 3, dashArray: dash, lineCap: "butt" }).addTo(lines);
    }
    for (const barrier of barriers) {
      L.polyline(positions(barrier), { renderer: linePen, smoothFactor: 0.6, color: colour(groups.barriers[0].key), weight: 1.5 })
        .bindTooltip(() => barrierStory(barrier), { sticky: true, direction: "top", offset: [0, -8], opacity: 1 })
        .addTo(lines);
    }
    paintPosts();
  };

  const paintPosts = () => {
    points.clearLayers();
    if (map.getZoom() < POSTS_FROM_ZOOM) return;
    const look = { renderer: pointPen, radius: 3, weight: 1.5, color: colour("casing"), fillColor: colour("marker"), fillOpacity: 1, interactive: false };
    for (const post of posts) L.circleMarker([post.lat, post.lon], look).addTo(points);
  };

  const labels = names(() => [...stretchNames(shown), ...(map.getZoom() < NAMES_FROM_ZOOM ? [] : postNames(posts))]);
  keepOff(() => shown.flatMap(positions));
  onTheme(paint);
  map.on("zoomend", paintPosts);

  return {
    features: () => shown,
    /** Lead to those of the stretches that are wanted, all where nothing is said; answers whether there are any. */
    goTo(wanted = () => true) {
      const found = shown.filter(wanted);
      fit(box(found), {}, found.flatMap(positions));
      return found.length > 0;
    },
    set(features) {
      shown = features;
      selected = null;
      paint();
      labels.draw();
    },
    /** What of the gaps was seen or declared. */
    weaker(features) {
      weaker = features;
      paint();
    },
    /** What nobody sees past. */
    barriers(items) {
      barriers = items;
      paint();
    },
    countInferred(wanted) {
      counts = wanted;
      paint();
    },
    select(feature) {
      selected = feature;
      paint();
    },
    emphasise(code) {
      emphasised = code;
      selected = null;
      paint();
    },
    nameOf: (code) => posts.find((post) => post.code === code)?.name || code,
    markers(features) {
      posts = features.map(({ geometry, properties: { code, name } }) => ({ lon: geometry.coordinates[0], lat: geometry.coordinates[1], code, name: name || code }));
      paint();
      labels.draw();
    },
  };
}

/** The gaps among stretches, the longest first. */
export function gapsOf(features) {
  return features
    .filter(({ properties }) => properties.state === "gap")
    .map((feature) => ({ ...feature.properties, feature }))
    .sort((one, other) => other.to_m - other.from_m - (one.to_m - one.from_m));
}
