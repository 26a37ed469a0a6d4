/** See service-worker.ts. */
const ACTIVATE = "activate";
/** An app that stays open for days asks for a new version so often, ms. */
const CHECK_INTERVAL = 3_600_000;

/**
 * Registers the service worker.
 * @param onUpdate - there is a new version: `apply` starts it and loads the page anew
 */
export async function registerWorker(onUpdate: (apply: () => void) => void): Promise<void> {
  if (!("serviceWorker" in navigator)) return;
  const { serviceWorker } = navigator;
  const registration = await serviceWorker.register("service-worker.js").catch(() => undefined);
  if (!registration) return; // a browser that forbids it, such as in a private window: the app works without
  const offer = (): void => {
    const { waiting } = registration;
    // The first version of all takes over by itself.
    if (waiting && serviceWorker.controller) onUpdate(() => apply(waiting));
  };
  registration.addEventListener("updatefound", () =>
    registration.installing?.addEventListener("statechange", offer),
  );
  offer();
  window.setInterval(() => void registration.update().catch(() => {}), CHECK_INTERVAL);
}

function apply(waiting: ServiceWorker): void {
  navigator.serviceWorker.addEventListener("controllerchange", () => location.reload());
  waiting.postMessage(ACTIVATE);
}
