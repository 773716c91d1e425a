// Loads the page's program after the first paint, so that nothing delays it.

const parts = ['dom', 'api', 'data', 'films', 'snippets', 'scene', 'map', 'gestures', 'models', 'compare', 'admin'];
let isLoading = false;

function load() {
  if (isLoading) return;
  isLoading = true;
  // Requests all parts at once. Without this, each would wait for the one that imports it.
  for (const part of parts) {
    const link = document.createElement('link');
    Object.assign(link, { rel: 'modulepreload', href: `/page/${part}.js` });
    document.head.append(link);
  }
  import('./app.js');
}

// The browser says when the first content is on the screen. A timer after a frame may run before that.
if (PerformanceObserver.supportedEntryTypes?.includes('paint')) {
  new PerformanceObserver((paints) => {
    if (paints.getEntriesByName('first-contentful-paint').length > 0) load();
  }).observe({ type: 'paint', buffered: true });
}
// A tab in the background paints nothing.
setTimeout(load, 3000);
