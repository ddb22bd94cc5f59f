// Posts the URL of each request of Pinterest's tag to your own site, one a line. Load it where, and only where,
// your page loads the tag: after the visitor agreed to it.
(() => {
  const log = "/tag-requests"; // an address of yours that appends the body of each request to a file
  const post = (entries) => {
    const urls = entries.map((entry) => entry.name).filter((url) => url.startsWith("https://ct.pinterest.com/"));
    if (urls.length > 0) navigator.sendBeacon(log, `${urls.join("\n")}\n`);
  };
  const observer = new PerformanceObserver((list) => post(list.getEntries()));
  observer.observe({ type: "resource", buffered: true });
  addEventListener("pagehide", () => post(observer.takeRecords()));
})();
