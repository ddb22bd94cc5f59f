// Keeps the site for the next start, once this one is over.
const AFTER = 3000;

addEventListener("load", () => {
  // A page that is opened from a file, or without https, has no service worker.
  if ("serviceWorker" in navigator) {
    setTimeout(() => void navigator.serviceWorker.register("service-worker.js", { updateViaCache: "none" }).catch(() => {}), AFTER);
  }
});
