// What is on the desk: the plan, the units that are loaded to be edited, and the conversation with the service.
// Every operation passes the chain test here, then the proof of the service; a refusal leaves the draft as it was.

import { Problem, address, read } from "wardline/api";
import { announce } from "wardline/dom";
import { page, remember } from "wardline/page";
import { toDegrees } from "wardline/redraw/lattice";
import { Mesh, passes, ringsOf } from "wardline/redraw/topology";
import { _, count } from "wardline/text";

const NOBODY = "00000000-0000-0000-0000-000000000000";

export const desk = {
  plans: [],
  plan: null,
  mesh: new Mesh(),
  picked: null,
  changes: [],
  impact: null,
  proof: null,
  problems: [],
  others: [],
  conflicts: [],
  groups: null,
  busy: false,
  refusal: null,
};

const listeners = new Map();

/** Call when something on the desk changes: plans, plan, mesh, picked, problems, impact, others, conflicts, busy, reloaded. */
export function on(event, act) {
  for (const one of event.split(" ")) listeners.set(one, [...(listeners.get(one) ?? []), act]);
}

export function emit(...events) {
  for (const event of events) for (const act of listeners.get(event) ?? []) act();
}

function where(path = "", parameters = {}) {
  return address(`/api/v1/plans${path}`, parameters);
}

/** The address of something of a plan. */
export function of(plan, path = "", parameters = {}) {
  return where(`/${plan.id}${path}`, parameters);
}

/** Whether the reader may do something with the plan on the desk now. */
export function may(what) {
  return Boolean(desk.plan?.may?.includes(what));
}

/** Whether the plan on the desk can be edited by the reader. */
export function edits() {
  return may("edit");
}

/** Whether a plan is by the reader. */
export function isMine(plan) {
  return plan.author.id === (page.me ?? NOBODY);
}

/** A place where something is wrong: {text, hint, features, box}; features are GeoJSON in degrees. */
export function trouble(problem) {
  return { text: problem.title || problem.message, hint: problem.detail ?? "", features: problem.features ?? [], code: problem.code ?? "" };
}

export function complain(...problems) {
  desk.problems = problems;
  emit("problems");
  if (problems.length) announce([problems[0].text, problems[0].hint].join(". "));
}

/** Say a refusal in the list of problems; anything else is a fault of ours and is thrown. */
export function refused(problem) {
  if (!(problem instanceof Problem)) throw problem;
  complain(trouble(problem));
}

/** A unit of the lattice from a feature of degrees. */
export function unitOf(feature) {
  const { code, name, parent, households, area_km2 } = feature.properties;
  return { id: feature.id ?? feature.properties.id, code, name, parent, households, area: area_km2, rings: ringsOf(feature.geometry), geometry: feature.geometry };
}

// Plans.

export async function loadPlans() {
  const items = [];
  let cursor = null;
  do {
    const answer = await read(where("", { limit: 100, cursor }));
    items.push(...answer.items);
    cursor = answer.cursor;
  } while (cursor && items.length < 500);
  desk.plans = items;
  emit("plans");
}

/** Take in what is known of the plan on the desk. */
export function noted(plan) {
  desk.plan = plan;
  const index = desk.plans.findIndex(({ id }) => id === plan.id);
  if (index >= 0) desk.plans[index] = plan;
  else desk.plans.unshift(plan);
  emit("plans", "plan");
}

export async function create(fields) {
  const plan = await read(where(), { method: "POST", body: { layer: page.partition.code, ...fields } });
  await open(plan.id);
}

function clear() {
  Object.assign(desk, { picked: null, changes: [], impact: null, proof: null, problems: [], conflicts: [] });
  desk.mesh.clear();
}

/** Put a plan on the desk; what it changes and what changes hands come with it. */
export async function open(id) {
  clear();
  const plan = await read(where(`/${id}`));
  noted(plan);
  remember({ plan: id });
  emit("mesh", "picked", "problems", "impact", "conflicts", "others");
  await Promise.all([loadChanges(), loadImpact(), loadConflicts()].map((one) => one.catch(refused)));
}

export function close() {
  clear();
  desk.plan = null;
  remember({ plan: null });
  emit("plan", "plans", "mesh", "picked", "problems", "impact", "conflicts", "others");
}

export async function loadChanges() {
  const { plan } = desk;
  if (!plan) return;
  const found = await read(of(plan, "/changes"));
  if (desk.plan?.id !== plan.id) return;
  desk.changes = found.features;
  emit("changes");
}

async function loadImpact() {
  const { plan } = desk;
  const found = await read(of(plan, "/impact"));
  if (desk.plan?.id !== plan.id) return;
  desk.impact = found;
  emit("impact");
}

export async function loadConflicts() {
  const { plan } = desk;
  const found = plan && (plan.conflict || plan.stale) ? await read(of(plan, "/conflicts")) : { features: [] };
  if (desk.plan?.id !== plan?.id) return;
  desk.conflicts = found.features;
  emit("conflicts");
}

/** The whole plan again, and the units that are loaded. */
export async function reload() {
  if (!desk.plan) return;
  noted(await read(of(desk.plan)));
  await Promise.all([loadChanges(), loadImpact(), loadConflicts()]);
  emit("reloaded");
}

function headers() {
  return { "If-Match": `"${desk.plan.version}"` };
}

let last = Promise.resolve();

/** Ask for a write of the plan when those asked for before have ended: each is told of the version they left. */
function write(act) {
  const { plan } = desk;
  if (!plan) return Promise.resolve(null);
  const turn = last.then(() => (desk.plan?.id === plan.id ? written(act) : null));
  // A fault is told to who asked for that write, not to who asked for the next.
  last = turn.catch(() => null);
  return turn;
}

/** What a write answered, null where it was refused; when somebody else wrote meanwhile, take theirs in and say so. */
async function written(act) {
  desk.busy = true;
  emit("busy");
  try {
    return await act();
  } catch (problem) {
    if (problem instanceof Problem && (problem.status === 412 || problem.code === "stale-version")) {
      await reload();
      complain({ text: _("The plan was changed meanwhile"), hint: _("It is shown as it is now. Do your last step again if it is still wanted."), features: [] });
    } else refused(problem);
    desk.refusal = problem;
    return null;
  } finally {
    desk.busy = false;
    emit("busy");
  }
}

/** What a write answered; a dialog shows its refusal, so that nothing typed is lost. */
export async function orRefusal(result) {
  const answer = await result;
  if (!answer) throw desk.refusal;
  return answer;
}

export async function patch(fields) {
  return write(async () => {
    noted(await read(of(desk.plan), { method: "PATCH", headers: headers(), body: fields }));
    return true;
  });
}

/** Read the plan again after a step was refused: what it collides with may be known now. */
async function lookAgain() {
  try {
    noted(await read(of(desk.plan)));
    await loadConflicts();
  } catch (problem) {
    refused(problem);
  }
}

/** A step of the plan's life: submit, approve, reject, publish, withdraw, rebase. */
export async function step(action, note = "") {
  const done = await write(async () => {
    noted(await read(of(desk.plan, `/${action}`), { method: "POST", headers: headers(), body: { note } }));
    complain();
    await reload();
    return true;
  });
  if (!done && desk.plan) await lookAgain();
  return done;
}

// Operations.

const wire = {
  move: (op) => ({ ...op, paths: op.paths.map((path) => ({ old: path.old.map(toDegrees), new: path.new.map(toDegrees) })) }),
  split: (op) => ({ ...op, line: op.line.map(toDegrees) }),
  transfer: (op) => ({ ...op, region: op.region.map((ring) => ring.map(toDegrees)) }),
};

function lineFeature(places, role) {
  return { type: "Feature", properties: { role }, geometry: { type: "LineString", coordinates: places.map(toDegrees) } };
}

function pointFeature(place, role) {
  return { type: "Feature", properties: { role }, geometry: { type: "Point", coordinates: toDegrees(place) } };
}

/** What a chain test found, as problems. */
export function troubles(test) {
  const found = [];
  if (test.lost.length) found.push({ text: _("This edge is not there any more"), hint: _("Pick the unit again, then repeat the step."), features: test.lost.map((edge) => lineFeature(edge, "edge")) });
  if (test.open.length) found.push({ text: _("This edge is part of the outer frame"), hint: _("The district's outer boundary is locked: nothing lies on its other side that could take or give the ground."), features: test.open.map((edge) => lineFeature(edge, "edge")) });
  if (test.crossings.length) found.push({ text: _("The new edge crosses another"), hint: _("Units would overlap at {n} places. Take another way there.", { n: count(test.crossings.length) }), features: test.crossings.map((place) => pointFeature(place, "crossing")) });
  if (test.swallowed.length) found.push({ text: _("A unit would lose all its ground"), hint: _("Merge it with a neighbour instead."), features: [] });
  return found;
}

/** The operations of a plan with those of an answer; a new one takes away those that were undone. */
function merged(known, told, fresh) {
  const bySeq = new Map(known.filter(({ undone }) => !(fresh && undone)).map((one) => [one.seq, one]));
  for (const one of told) bySeq.set(one.seq, one);
  return [...bySeq.values()].sort((one, other) => one.seq - other.seq);
}

/** Take in what the service says operations did. */
async function took(answer, fresh = false) {
  const { mesh } = desk;
  for (const id of answer.removed) mesh.drop(id);
  const units = answer.changed.features.filter(({ geometry }) => geometry).map(unitOf);
  mesh.put(units);
  if (desk.picked && !mesh.units.has(desk.picked)) desk.picked = units[0]?.id ?? null;
  Object.assign(desk, { impact: answer.impact, proof: answer.proof, problems: [] });
  noted({ ...desk.plan, ...answer.plan, operations: merged(desk.plan.operations ?? [], answer.ops, fresh) });
  emit("mesh", "picked", "impact", "problems");
  await loadChanges();
}

/** Add operations in the wire's own form to the plan. Answers whether they are in it now. */
export async function addSteps(body, said) {
  const done = await write(async () => {
    await took(await read(of(desk.plan, "/ops"), { method: "POST", headers: headers(), body }), true);
    return true;
  });
  if (done) announce(_("{what}. Proven exact.", { what: said }));
  return Boolean(done);
}

/** Do an operation of the lattice: the chain test here, the proof there. Answers whether it is in the plan now. */
export async function perform(op, said) {
  if (op.type === "move") {
    const test = desk.mesh.test(op);
    if (!passes(test)) {
      complain(...troubles(test));
      return false;
    }
  }
  return addSteps((wire[op.type] ?? ((one) => one))(op), said);
}

async function turnBack(path, method, said, possible = () => true) {
  const done = await write(async () => {
    if (!edits() || !possible()) return false;
    await took(await read(of(desk.plan, path), { method, headers: headers() }));
    return true;
  });
  if (done) announce(said);
}

export function undo() {
  return turnBack("/ops/last", "DELETE", _("Undone"), () => desk.plan.ops);
}

/** Undo one step, whatever follows it; refused where a later one needs it. */
export function undoOne(seq) {
  return turnBack(`/ops/${seq}`, "DELETE", _("Undone"));
}

export function redo() {
  return turnBack("/ops/redo", "POST", _("Done again"), () => desk.plan.undone);
}
