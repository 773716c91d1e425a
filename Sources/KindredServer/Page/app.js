// Connects the parts of the page: the current user, the view, and the order of loading.

import { get, onBack, remove } from './api.js';
import { $, count, make, note } from './dom.js';
import { capital, data, isName, isRated, items, readData, users } from './data.js';
import { enter, onChange, onCount, onModel, onShowOnMap, sceneState, showGenres, tellTabs, wireScene } from './scene.js';
import { TasteMap } from './map.js';
import { showModels, wireModels } from './models.js';
import { showData, wireData } from './admin.js';

const personName = 'kindred.person';
const ownName = 'kindred.own';

// The names that were made in this browser: only what is kept under these can be deleted here.
const own = new Set(JSON.parse(localStorage.getItem(ownName) ?? '[]'));
function keepOwn() { localStorage.setItem(ownName, JSON.stringify([...own].slice(-50))); }

function remembered() {
  const known = localStorage.getItem(personName);
  if (known) return known;
  const letters = 'abcdefghjkmnpqrstuvwxyz23456789';
  const tail = [...crypto.getRandomValues(new Uint8Array(5))].map((byte) => letters[byte % letters.length]).join('');
  own.add(`guest-${tail}`);
  keepOwn();
  return `guest-${tail}`;
}

const map = new TasteMap();
const views = ['rate', 'next', 'map', 'models', 'data'];
const titles = { rate: 'Rate', next: 'Next for you', map: 'Map', models: 'Models', data: 'Data' };

function show() {
  const hash = location.hash.slice(1);
  const isThere = { data: data.writes, map: !document.body.classList.contains('mapless') };
  const view = views.includes(hash) && isThere[hash] !== false ? hash : 'rate';
  $('scene').hidden = view === 'models' || view === 'data';
  $('models').hidden = view !== 'models';
  $('data').hidden = view !== 'data';
  $('scene').dataset.view = view;
  for (const link of document.querySelectorAll('nav a')) {
    if (link.dataset.view === view) link.setAttribute('aria-current', 'page'); else link.removeAttribute('aria-current');
  }
  document.body.dataset.view = view;
  document.title = view === 'rate' ? 'Kindred' : `${titles[view]} · Kindred`;
  document.querySelector('nav a[aria-current]')?.classList.remove('fresh');
  if (view === 'models') showModels().catch((error) => note(error.message));
  else if (view === 'data') showData().catch((error) => note(error.message));
  else map.resize();
}

const all = { users: 0, items: 0, ratings: 0 };
async function totals() {
  Object.assign(all, await get([]));
  showTotals();
}

function showTotals() {
  if (all.items === 0 && all.ratings === 0) {
    $('totals').replaceChildren('This store is empty.', ...(data.writes ? [' ', make('a', { href: '#data' }, 'Import a file'), ' to begin.'] : []));
    return;
  }
  const answers = isRated() ? `${users(all.users)} gave ${count(all.ratings)} ${all.ratings === 1 ? 'rating' : 'ratings'} to ${items(all.items)}.`
    : `${users(all.users)}, ${items(all.items)} and ${count(all.ratings)} events of the kind “${data.kind}”.`;
  $('totals').textContent = data.writes ? `${answers} Add a few of yours.` : answers;
}

// The words of the data, wherever the page names items or users.
function showWords() {
  titles.rate = !data.writes ? 'Find' : isRated() ? 'Rate' : 'Choose';
  $('nav-rate').textContent = titles.rate;
  $('rate-title').textContent = data.writes ? 'What do you like?' : capital(data.words.items);
  $('person-does').textContent = isRated() ? 'Rating as' : 'Choosing as';
  $('who-title').textContent = isRated() ? 'Who is rating?' : 'Who is choosing?';
  $('find').placeholder = `Find ${data.words.items}…`;
  $('find-label').textContent = `Find ${data.words.items}`;
  $('similar-title').textContent = `Similar ${data.words.items}`;
  $('people-title').textContent = `${capital(data.words.users)} like you`;
  $('map-note').textContent = `What lies close is liked by the same ${data.words.users}.`;
}

async function become(person) {
  localStorage.setItem(personName, person);
  $('person-name').textContent = person;
  map.forget();
  await enter(person);
}

const kept = () => `${count(sceneState.ratings.size)} ${isRated() ? (sceneState.ratings.size === 1 ? 'rating' : 'ratings') : (sceneState.ratings.size === 1 ? 'answer' : 'answers')}`;

function wirePerson() {
  $('person').addEventListener('click', () => {
    $('who-name').value = sceneState.person;
    $('who').returnValue = '';
    $('forget-part').hidden = !own.has(sceneState.person);
    $('forget').textContent = `Delete the ${kept()} of ${sceneState.person}…`;
    $('who').showModal();
    $('who-name').select();
  });
  $('who').addEventListener('close', async () => {
    const name = $('who-name').value.trim();
    if ($('who').returnValue !== 'ok' || !name || name === sceneState.person) return;
    try {
      // A name that nobody had is made here, and may be deleted here.
      const { ratings } = await get(['users', name, 'ratings'], { limit: 1 });
      if (ratings.length === 0) {
        own.add(name);
        keepOwn();
      }
      await become(name);
    } catch (error) { note(error.message); }
  });
  $('forget').addEventListener('click', () => {
    $('who').returnValue = '';
    $('who').close();
    $('erase-title').textContent = `Delete the ${kept()} of ${sceneState.person}?`;
    $('erase-label').textContent = `Type ${sceneState.person} to delete them`;
    $('erase-name').value = '';
    $('erase-go').disabled = true;
    $('erase').returnValue = '';
    $('erase').showModal();
  });
  $('erase-name').addEventListener('input', () => { $('erase-go').disabled = $('erase-name').value.trim() !== sceneState.person; });
  $('erase').addEventListener('close', async () => {
    const name = sceneState.person;
    if ($('erase').returnValue !== 'ok' || $('erase-name').value.trim() !== name) return;
    try {
      const { ratings } = await (await remove(['users', name])).json();
      own.delete(name);
      keepOwn();
      localStorage.removeItem(personName);
      localStorage.removeItem('kindred.undo');
      tellTabs(name, -ratings);
      await Promise.all([become(remembered()), totals()]);
      note(`${count(ratings)} of ${name} ${ratings === 1 ? 'is' : 'are'} deleted; nothing is left.`);
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
    await map.load();
    if (document.body.dataset.view === 'map') show();
    await map.place(sceneState.person);
  } catch (error) {
    $('near').textContent = '';
    note(`The map could not be drawn. ${error.message}`);
  }
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

// Reads everything anew: after an import, or when another model answers.
async function begin() {
  await readData();
  showWords();
  showGenres(data.genres.map(({ genre }) => genre).filter(isName).slice(0, 12));
  await Promise.all([totals(), become(remembered())]);
}

wireScene();
wirePerson();
map.wire();
wireModels(() => enter(sceneState.person));
wireData(begin, totals);
onBack(() => Promise.all([enter(sceneState.person), totals()]).catch((error) => note(error.message)));
onChange(() => { if (model !== undefined) map.place(sceneState.person).catch(() => {}); });
onModel(modelChanged);
onCount((change) => {
  all.ratings += change;
  showTotals();
  // The first answer of a user may make the user.
  if (sceneState.ratings.size < 2) get([]).then((now) => { all.users = now.users; showTotals(); }).catch(() => {});
});
onShowOnMap((item) => { if (innerWidth < 1180) location.hash = 'map'; map.show(item); }, (item) => map.has(item));
addEventListener('hashchange', show);
show();

try {
  await ready();
  await begin();
  // An empty store starts where data come in.
  if (data.ratings === 0 && data.items === 0 && data.writes && location.hash === '') location.hash = 'data';
} catch (error) {
  note(error.message);
}
document.documentElement.dataset.ready = 'true';
