/** Whether alerts come to this phone while the app is closed. */
export type PushStatus = "unsupported" | "blocked" | "off" | "on";

const KEY_ADDRESS = "alerts/api/vapid-key";
const SUBSCRIPTIONS_ADDRESS = "alerts/api/subscriptions";

export async function pushStatus(): Promise<PushStatus> {
  if (!("serviceWorker" in navigator && "PushManager" in window && "Notification" in window))
    return "unsupported";
  if (Notification.permission === "denied") return "blocked";
  const registration = await navigator.serviceWorker.getRegistration();
  const subscription = await registration?.pushManager.getSubscription();
  return subscription ? "on" : "off";
}

/**
 * Asks the person, then the browser's push service, and tells the alerts service where to send.
 * @throws {Error} for people, when one of them refuses
 */
export async function subscribeToAlerts(): Promise<void> {
  if ((await Notification.requestPermission()) !== "granted")
    throw new Error("Notifications are not allowed for this page. The browser's settings can change that.");
  const registration = await navigator.serviceWorker.ready;
  const { publicKey } = (await (await expectOK(fetch(KEY_ADDRESS))).json()) as { publicKey: string };
  const subscription = await registration.pushManager
    .subscribe({ userVisibleOnly: true, applicationServerKey: publicKey })
    .catch(() => {
      throw new Error("The browser's push service cannot be reached. Try again when there is internet.");
    });
  await expectOK(send("POST", subscription.toJSON()));
}

export async function unsubscribeFromAlerts(): Promise<void> {
  const registration = await navigator.serviceWorker.ready;
  const subscription = await registration.pushManager.getSubscription();
  if (!subscription) return;
  const { endpoint } = subscription;
  await subscription.unsubscribe();
  await expectOK(send("DELETE", { endpoint }));
}

function send(method: string, body: unknown): Promise<Response> {
  return fetch(SUBSCRIPTIONS_ADDRESS, {
    method,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

async function expectOK(answer: Promise<Response>): Promise<Response> {
  const response = await answer.catch(() => undefined);
  if (!response?.ok) throw new Error("The alerts of the house do not answer. Try again later.");
  return response;
}
