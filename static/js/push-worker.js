// The worker that shows what is pushed, with every page closed, and says so to the desk. It keeps nothing and caches
// nothing: pages are never served from here.

const HOME = "/alerts/";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("push", (event) => event.waitUntil(show(event)));
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data?.url));
});
self.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(renew(event)));

/** What a push says, as Declarative Web Push writes it; something to show for one that cannot be read. */
function read(data) {
  try {
    const { notification } = data.json();
    return notification?.title ? notification : null;
  } catch {
    return null;
  }
}

async function show({ data }) {
  const told = (data && read(data)) ?? { title: "An alert fired", body: "What it says cannot be read here. It is on the desk.", data: {} };
  const { title, body, tag, navigate } = told;
  const { receipt = "", at, count = 1 } = told.data ?? {};
  const known = tag ? await self.registration.getNotifications({ tag }) : [];
  if (!known.length)
    await self.registration.showNotification(title, {
      body,
      tag,
      lang: "en",
      timestamp: at,
      icon: "/static/icons/tapedeck-192.png",
      data: { url: navigate ?? HOME, count },
    });
  if (receipt) await confirm(receipt);
}

/** Say that it was shown. Without a network that is not known, and the desk says so. */
async function confirm(receipt) {
  const address = new URL(receipt, self.location.origin);
  if (address.origin !== self.location.origin) return;
  await fetch(address, { method: "POST", credentials: "omit", keepalive: true }).catch(() => null);
}

async function open(url = HOME) {
  const address = new URL(url, self.location.origin);
  const target = address.origin === self.location.origin ? address.href : new URL(HOME, self.location.origin).href;
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const page = pages.find((one) => one.url === target);
  return page ? page.focus() : self.clients.openWindow(target);
}

/** The browser changed its subscription by itself. Its former address, which few know, shows the desk which one it was. */
async function renew({ oldSubscription, newSubscription }) {
  if (!oldSubscription) return; // a page of the desk notices when it is next opened
  const { applicationServerKey } = oldSubscription.options;
  const options = { userVisibleOnly: true, applicationServerKey };
  const subscription = newSubscription ?? (await self.registration.pushManager.subscribe(options));
  await fetch("/api/alerts/push/renewed", {
    method: "POST",
    credentials: "omit",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ former: oldSubscription.endpoint, subscription }),
  });
}
