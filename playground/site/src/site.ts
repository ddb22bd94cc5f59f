// Keeps the site for the next start, once this one is over: its files, and then the memory of a Python that has started.
const AFTER = 3000;
const IDLE = 5000;

addEventListener("load", () => {
  // A page that is opened from a file, or without https, has no service worker.
  if ("serviceWorker" in navigator) setTimeout(() => void keep().catch(() => {}), AFTER);
});

async function keep(): Promise<void> {
  await navigator.serviceWorker.register("service-worker.js", { updateViaCache: "none" });
  const { active } = await navigator.serviceWorker.ready;
  // While a newer version waits, the snapshot of this page's own would be dropped soon.
  if (active === null || navigator.serviceWorker.controller !== active) await claimed();
  setTimeout(() => new Worker("python.js#snapshot", { type: "module" }), IDLE);
}

function claimed(): Promise<unknown> {
  return new Promise((done) => navigator.serviceWorker.addEventListener("controllerchange", done, { once: true }));
}
