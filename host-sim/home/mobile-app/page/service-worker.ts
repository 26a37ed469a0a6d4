import type { ServiceWorkerScope } from "./service-worker-scope";

/*
 * Keeps the app on the phone, so that it opens without the house, and shows alerts while it is closed. A new version is loaded beside the
 * old one, and takes over when the page says so, or when no page of the old one is open.
 */

/** By host-sim/build-pages.mjs: changes with any byte of the app, and its files but for this one. */
declare const VERSION: string;
declare const FILES: readonly string[];

const worker = globalThis as unknown as ServiceWorkerScope;

const CACHE_PREFIX = "thimble-app-";
const CACHE = `${CACHE_PREFIX}${VERSION}`;
const SHELL = "index.html";
/** The page says so when the person wants the new version now. */
const ACTIVATE = "activate";

const scope = new URL(worker.registration.scope);
const known = new Set(FILES.map((name) => new URL(name, scope).pathname));

worker.addEventListener("install", (event) => event.waitUntil(install()));
worker.addEventListener("activate", (event) => event.waitUntil(activate()));

worker.addEventListener("message", ({ data }) => {
  if (data === ACTIVATE) void worker.skipWaiting();
});

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== scope.origin) return;
  // Everything else is the house's to answer: sessions, trends, alerts.
  if (pathname === scope.pathname) event.respondWith(fromCache(SHELL, request));
  else if (known.has(pathname)) event.respondWith(fromCache(pathname, request));
});

worker.addEventListener("push", (event) => event.waitUntil(show(readAlert(event.data))));

worker.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const { url = "./" } = (event.notification.data ?? {}) as { url?: string };
  event.waitUntil(open(url));
});

async function install(): Promise<void> {
  const cache = await caches.open(CACHE);
  // Past the browser's own cache: all files are of one version.
  await cache.addAll(FILES.map((name) => new Request(new URL(name, scope), { cache: "reload" })));
}

async function activate(): Promise<void> {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith(CACHE_PREFIX) && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
  await worker.clients.claim();
}

async function fromCache(name: string, request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  return (await cache.match(new URL(name, scope))) ?? fetch(request);
}

interface Alert {
  readonly title: string;
  readonly body: string;
  /** The same alert sent again replaces itself. */
  readonly tag: string | undefined;
  /** ms since 1970 */
  readonly time: number;
  readonly url: string;
}

/** A browser shows a notification for every push, so there is one for what cannot be read, too. */
function readAlert(data: { json(): unknown } | null): Alert {
  let alert: Partial<Record<keyof Alert, unknown>> = {};
  try {
    alert = (data?.json() ?? {}) as typeof alert;
  } catch {
    // Told as what it is: something at home.
  }
  const { title, body, tag, time, url } = alert;
  return {
    title: typeof title === "string" ? title : "Thimble",
    body: typeof body === "string" ? body : "Something has happened at home.",
    tag: typeof tag === "string" ? tag : undefined,
    time: typeof time === "number" ? time : Date.now(),
    url: typeof url === "string" ? url : "./",
  };
}

function show({ title, body, tag, time, url }: Alert): Promise<void> {
  const options: NotificationOptions & { timestamp: number } = {
    body,
    icon: new URL("icons/icon-192.png", scope).href,
    badge: new URL("icons/badge-96.png", scope).href,
    timestamp: time,
    data: { url },
    ...(tag === undefined ? {} : { tag }),
  };
  return worker.registration.showNotification(title, options);
}

/** Only to pages of this house, whatever an alert says. */
async function open(url: string): Promise<void> {
  const target = new URL(url, scope);
  const { href } = target.origin === scope.origin ? target : scope;
  const windows = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = windows.find((candidate) => candidate.url === href) ?? windows[0];
  if (!there) await worker.clients.openWindow(href);
  else {
    await there.focus();
    if (there.url !== href) await there.navigate(href);
  }
}
