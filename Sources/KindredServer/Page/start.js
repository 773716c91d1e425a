// Loads the page's program after the first frame, so that nothing delays the first paint.

const parts = ['dom', 'api', 'films', 'scene', 'map', 'gestures', 'models'];

// Runs before the next frame is painted; the timer runs after it.
requestAnimationFrame(() => setTimeout(() => {
  // Requests all parts at once. Without this, each would wait for the one that imports it.
  for (const part of parts) {
    const link = document.createElement('link');
    Object.assign(link, { rel: 'modulepreload', href: `/page/${part}.js` });
    document.head.append(link);
  }
  import('./app.js');
}));
