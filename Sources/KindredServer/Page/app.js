// Connects the parts of the page: the current user, the view, and the order of loading.

import { get, remove } from './api.js';
import { $, note, plural } from './dom.js';
import { enter, onChange, onModel, onShowOnMap, sceneState, showGenres, wireScene } from './scene.js';
import { TasteMap } from './map.js';
import { showModels, wireModels } from './models.js';

const personName = 'kindred.person';

function remembered() {
  const known = localStorage.getItem(personName);
  if (known) return known;
  const letters = 'abcdefghjkmnpqrstuvwxyz23456789';
  const tail = [...crypto.getRandomValues(new Uint8Array(5))].map((byte) => letters[byte % letters.length]).join('');
  return `guest-${tail}`;
}

const map = new TasteMap();
const views = ['rate', 'next', 'map', 'models'];

function show() {
  const hash = location.hash.slice(1);
  const view = views.includes(hash) ? hash : 'rate';
  $('scene').hidden = view === 'models';
  $('models').hidden = view !== 'models';
  $('scene').dataset.view = view;
  for (const link of document.querySelectorAll('nav a')) {
    if (link.dataset.view === view) link.setAttribute('aria-current', 'page'); else link.removeAttribute('aria-current');
  }
  document.body.dataset.view = view;
  document.querySelector('nav a[aria-current]')?.classList.remove('fresh');
  if (view === 'models') showModels().catch((error) => note(error.message));
  else map.resize();
}

async function totals() {
  const all = await get([]);
  $('totals').textContent = `${plural(all.users, 'person', 'people')} gave ${plural(all.ratings, 'rating', 'ratings')} to ${plural(all.items, 'film', 'films')}. Add a few of yours.`;
}

async function become(person) {
  localStorage.setItem(personName, person);
  $('person-name').textContent = person;
  map.forget();
  await enter(person);
}

function wirePerson() {
  $('person').addEventListener('click', () => {
    $('who-name').value = sceneState.person;
    $('who').returnValue = '';
    $('who').showModal();
    $('who-name').select();
  });
  $('who').addEventListener('close', () => {
    const name = $('who-name').value.trim();
    if ($('who').returnValue === 'ok' && name && name !== sceneState.person) become(name).catch((error) => note(error.message));
  });
  $('forget').addEventListener('click', async () => {
    const name = sceneState.person;
    $('who').close();
    try {
      await remove(['users', name]);
      localStorage.removeItem(personName);
      await become(remembered());
      note(`Nothing of ${name} is left.`);
    } catch (error) {
      note(error.code === 'unknown_user' ? `Nothing is kept under ${name}.` : error.message);
    }
  });
}

let model;
async function modelChanged(name) {
  if (name === model) return;
  model = name;
  try {
    await map.load(showGenres);
    await map.place(sceneState.person);
  } catch (error) { note(`The map could not be drawn. ${error.message}`); }
}

// While the first model is trained, the page shows only its progress.
async function ready() {
  for (;;) {
    const response = await fetch('/health/ready').catch(() => null);
    const health = response?.ok ? await response.json() : null;
    if (health && (health.model !== null || !health.training)) return;
    if (response && !response.ok && response.status !== 503) return;
    $('basis').textContent = response ? 'The first model is being made from the ratings. A moment…' : 'The server does not answer. Trying again…';
    await new Promise((resolve) => setTimeout(resolve, 700));
  }
}

wireScene();
wirePerson();
map.wire();
wireModels(modelChangedByHand);
onChange(() => { if (model !== undefined) map.place(sceneState.person).catch(() => {}); });
onModel(modelChanged);
onShowOnMap((item) => { if (innerWidth < 1180) location.hash = 'map'; map.show(item); });
addEventListener('hashchange', show);
show();

async function modelChangedByHand() {
  await enter(sceneState.person);
}

try {
  await ready();
  await Promise.all([totals(), become(remembered())]);
} catch (error) {
  note(error.message);
}
document.documentElement.dataset.ready = 'true';
