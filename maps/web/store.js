// The phone's own memory: an IndexedDB in which nothing is lost when the page, the phone or the network goes.
//
// phones   who has used this phone, each with the token of a device of their own
// tracks   recordings; points are in `points` from the moment they are measured
// outbox   what waits to be sent, as the exact bytes that are sent again and again under the same id
// files    photos by their SHA-256
// receipts what the service said of things that were sent
// drafts   a visit or meeting that is being written, with its photos

const NAME = "wardline-field";
const VERSION = 2;
const STORES = {
  phones: { keyPath: "code" },
  tracks: { keyPath: "track" },
  points: { keyPath: ["track", "seq"] },
  outbox: { keyPath: "id" },
  files: { keyPath: "sha256" },
  receipts: { keyPath: "id" },
  drafts: { keyPath: "view" },
};

let opened = null;

function settled(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function open() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => {
      const there = request.result.objectStoreNames;
      for (const [name, options] of Object.entries(STORES)) {
        if (!there.contains(name)) request.result.createObjectStore(name, options);
      }
    };
    request.onsuccess = () => {
      // Another page that is newer must not wait for this one.
      request.result.onversionchange = () => {
        request.result.close();
        opened = null;
      };
      resolve(request.result);
    };
    request.onerror = () => reject(request.error);
  });
  return opened;
}

/** Do work in one transaction over stores; it is on the disk when this returns, or nothing of it is. */
export async function together(names, work) {
  const database = await open();
  const transaction = database.transaction(names, "readwrite", { durability: "strict" });
  const done = new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = () => reject(transaction.error);
  });
  const stores = Object.fromEntries(names.map((name) => [name, transaction.objectStore(name)]));
  let result;
  try {
    result = await work(stores, settled);
  } catch (error) {
    transaction.abort();
    await done.catch(() => null);
    throw error;
  }
  await done;
  return result;
}

export async function put(name, value) {
  await together([name], (stores) => settled(stores[name].put(value)));
}

export async function remove(name, key) {
  await together([name], (stores) => settled(stores[name].delete(key)));
}

export async function get(name, key) {
  const database = await open();
  return settled(database.transaction(name).objectStore(name).get(key));
}

export async function all(name, range = null) {
  const database = await open();
  return settled(database.transaction(name).objectStore(name).getAll(range));
}

/** Every point of a track from a number on, at most so many. */
export function pointsFrom(track, seq, most) {
  return together(["points"], (stores) =>
    settled(stores.points.getAll(IDBKeyRange.bound([track, seq], [track, Infinity]), most)),
  );
}

/** Ask the browser not to clear what waits here when space grows short. */
export async function persist() {
  return (await navigator.storage?.persist?.()) ?? false;
}
