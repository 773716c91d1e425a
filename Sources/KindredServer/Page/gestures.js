// Moves the map and selects films by wheel, keys, mouse and touch.

import { $, calm, make } from './dom.js';
import { users } from './data.js';
import { genresOf, nameOf } from './films.js';
import { openFilm } from './scene.js';

export function wireGestures(map) {
  map.canvas.addEventListener('wheel', (event) => wheel(map, event), { passive: false });
  map.canvas.addEventListener('keydown', (event) => key(map, event));
  wirePointers(map);
}

// The wheel zooms if the map has the focus or a key is held; otherwise the page scrolls.
function wheel(map, event) {
  if (document.activeElement !== map.canvas && !event.ctrlKey && map.view.zoom <= 1 && event.deltaY > 0) return;
  event.preventDefault();
  const box = map.canvas.getBoundingClientRect();
  map.flight = null;
  map.zoomBy(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0016)), event.clientX - box.left, event.clientY - box.top);
}

function key(map, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const moves = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };
  map.flight = null;
  if (moves[event.key]) map.moveBy(...moves[event.key]);
  else if (event.key === '+' || event.key === '=') map.zoomBy(1.4);
  else if (event.key === '-') map.zoomBy(1 / 1.4);
  else if (event.key === '0') map.goTo({ x: 0, y: 0, zoom: 1 });
  else if (event.key.toLowerCase() === 'y') map.goToYou();
  else if (event.key === 'Enter' || event.key === ' ') {
    const film = inMiddle(map);
    if (film) openFilm(film);
  } else return;
  if (!['Enter', ' '].includes(event.key)) tellMiddle(map);
  event.preventDefault();
}

const inMiddle = (map) => filmAt(map, map.size.width / 2, map.size.height / 2, 60);

// Says what is in the middle, once the map stands still.
export const tellMiddle = calm(700, (map) => {
  const film = inMiddle(map);
  $('map-status').textContent = film ? `In the middle: ${nameOf(film)}.` : 'Nothing is in the middle.';
});

function filmAt(map, x, y, slack = 6) {
  let best = null;
  for (const { film, at, radius } of map.shown ?? []) {
    const distance = Math.hypot(at[0] - x, at[1] - y) - radius;
    if (distance < slack && (!best || distance < best.distance)) best = { film, distance };
  }
  return best?.film ?? null;
}

function wirePointers(map) {
  const fingers = new Map();
  let moved = 0;
  const spread = () => {
    const [one, two] = [...fingers.values()];
    return { width: Math.hypot(one.x - two.x, one.y - two.y), x: (one.x + two.x) / 2, y: (one.y + two.y) / 2 };
  };
  map.canvas.addEventListener('pointerdown', (event) => {
    map.canvas.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    moved = fingers.size > 1 ? 99 : 0;
    map.flight = null;
  });
  map.canvas.addEventListener('pointermove', (event) => {
    const box = map.canvas.getBoundingClientRect();
    const finger = fingers.get(event.pointerId);
    if (!finger) { hover(map, event.pointerType === 'mouse' ? filmAt(map, event.clientX - box.left, event.clientY - box.top) : null); return; }
    const before = fingers.size === 2 ? spread() : null;
    const [x, y] = [event.clientX - finger.x, event.clientY - finger.y];
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    moved += Math.abs(x) + Math.abs(y);
    if (before) {
      const after = spread();
      map.moveBy(after.x - before.x, after.y - before.y);
      if (before.width > 0) map.zoomBy(after.width / before.width, after.x - box.left, after.y - box.top);
    } else if (moved > 4) { map.moveBy(x, y); }
  });
  const lift = (event) => {
    if (!fingers.delete(event.pointerId) || moved > 4 || event.type === 'pointercancel') return;
    const box = map.canvas.getBoundingClientRect();
    const film = filmAt(map, event.clientX - box.left, event.clientY - box.top, event.pointerType === 'mouse' ? 6 : 16);
    if (film) openFilm(film);
  };
  map.canvas.addEventListener('pointerup', lift);
  map.canvas.addEventListener('pointercancel', lift);
  map.canvas.addEventListener('pointerleave', () => hover(map, null));
}

function hover(map, film) {
  if (film === map.hovered) return;
  map.hovered = film;
  map.canvas.classList.toggle('over', film !== null);
  const tip = $('tip');
  tip.hidden = film === null;
  if (film) {
    const facts = [genresOf(film), users(film.ratings)].filter(Boolean).join(' · ');
    tip.replaceChildren(make('b', {}, nameOf(film)), make('span', {}, facts));
    const [x, y] = map.toSheet(film);
    tip.style.setProperty('left', `${Math.min(map.size.width - 90, Math.max(90, x))}px`);
    tip.style.setProperty('top', `${y < 80 ? y + 16 : y - 62}px`);
  }
  map.draw();
}
