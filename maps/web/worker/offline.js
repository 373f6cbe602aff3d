// The service worker: keeps the field pages and what they are made of, so that they open without a network.
//
// Put before this file by the service: `const SHELL = {version, pages, assets}`. Answers of the programming
// interface are never kept: what a person may see is decided anew each time.
/* global SHELL */

const KEPT = `wardline-${SHELL.version}`;
const PATIENCE_MS = 4000;

async function keepShell() {
  const cache = await caches.open(KEPT);
  await cache.addAll([...SHELL.pages, ...SHELL.assets]);
  await self.skipWaiting();
}

async function dropOlder() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith("wardline-") && name !== KEPT).map((name) => caches.delete(name)));
  await self.clients.claim();
}

/** The page as the service has it now, else as it was kept; a slow network counts as none. */
async function freshOrKept(request, path) {
  const cache = await caches.open(KEPT);
  const giveUp = new AbortController();
  const timer = setTimeout(() => giveUp.abort(), PATIENCE_MS);
  try {
    const fresh = await fetch(request, { signal: giveUp.signal });
    if (fresh.ok && !fresh.redirected) await cache.put(path, fresh.clone());
    if (fresh.status < 500) return fresh;
  } catch {
    // no network, or one that does not answer in time
  } finally {
    clearTimeout(timer);
  }
  const kept = await cache.match(path);
  return kept || Response.error();
}

async function keptOrFresh(request) {
  const kept = await (await caches.open(KEPT)).match(request);
  return kept || fetch(request);
}

self.addEventListener("install", (event) => event.waitUntil(keepShell()));
self.addEventListener("activate", (event) => event.waitUntil(dropOlder()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== self.location.origin) return;
  if (request.mode === "navigate" && SHELL.pages.includes(address.pathname)) {
    event.respondWith(freshOrKept(request, address.pathname));
  } else if (SHELL.assets.includes(address.pathname + address.search)) {
    event.respondWith(keptOrFresh(request));
  }
});
