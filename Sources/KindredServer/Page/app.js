// Connects the parts of the page: the current user, the view, and the order of loading.

import { get, onBack, remove } from './api.js';
import { $, asked, confirmedDrop, make, note } from './dom.js';
import { areDeleted, capital, data, events, given, isName, isRated, items, readData, users } from './data.js';
import {
  clear, connectMap, enter, forgetSkips, onChange, onCount, onModel, sceneState, send, showGenres, tellTabs, wireScene,
} from './scene.js';
import { TasteMap } from './map.js';
import { showModels, wireModels } from './models.js';
import { showData, wireData } from './admin.js';

const personName = 'kindred.person';
const ownName = 'kindred.own';

// The users whose first rating was given here.
const begun = new Set();

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

// A view that this visitor, or this model, does not have.
const isMissing = (view) => view === 'data' ? !data.writes : view === 'map' && map.isEmpty;

function show() {
  const hash = location.hash.slice(1);
  const view = views.includes(hash) && !isMissing(hash) ? hash : 'rate';
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
  // A line says already when the server does not answer.
  showView().catch((error) => { if (error.code !== 'unreachable') note(error.message); });
}

// Reads what the view shows.
async function showView() {
  const { view } = document.body.dataset;
  if (view === 'models') await showModels();
  else if (view === 'data') await showData();
  else {
    map.resize();
    if (isStale) {
      isStale = false;
      await enter(sceneState.person);
    }
    if (document.documentElement.dataset.ready) await totals();
  }
}

// Reads what is shown anew: after another model was made, or when the server is back.
async function reload() {
  await enter(sceneState.person);
  await showView();
}

// Whether items were changed while the list was not in sight.
let isStale = false;

// Shows another view, from its top, and moves the focus there.
function turn() {
  const before = document.body.dataset.view;
  // A dialog belongs to the view that it was opened from.
  document.querySelector('dialog[open]')?.close();
  show();
  const view = document.body.dataset.view;
  if (view === before || !document.documentElement.dataset.ready) return;
  if (innerWidth < 1180 || $('scene').hidden || ['models', 'data'].includes(before)) scrollTo(0, 0);
  ($(`${view}-title`) ?? $('content')).focus({ preventScroll: true });
}

async function totals() {
  await readData();
  showTotals();
}

function showTotals() {
  if (data.items === 0 && data.ratings === 0) {
    $('totals').replaceChildren('This store is empty.', ...(data.writes ? [' ', make('a', { href: '#data' }, 'Import a file'), ' to begin.'] : []));
    return;
  }
  const all = isRated() ? `${users(data.users)} gave ${given(data.ratings)} to ${items(data.items)}.`
    : `${users(data.users)}, ${items(data.items)} and ${events(data.ratings)} of the kind “${data.kind}”.`;
  $('totals').replaceChildren(all, ...(data.writes ? [' ', ownTotal()] : []));
}

// How much this user gave, which stands further down, or that they may begin.
function ownTotal() {
  const number = sceneState.ratings.size;
  return number === 0 ? 'Add a few of yours.'
    : make('a', { href: '#rated-part' }, `You ${isRated() ? 'rated' : 'chose'} ${items(number)}.`);
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

const isGuest = () => sceneState.person.startsWith('guest-') && own.has(sceneState.person);

function showWho() {
  const number = sceneState.ratings.size;
  $('who-name').value = sceneState.person;
  $('who-names').replaceChildren(
    ...[...own].filter((name) => !name.startsWith('guest-')).map((value) => make('option', { value })));
  $('along-part').hidden = !isGuest() || number === 0;
  $('along-text').textContent = `Take my ${given(number)} along, if the name is new`;
  $('along').checked = true;
  $('forget-part').hidden = !own.has(sceneState.person) || number === 0;
  $('forget').textContent = `Delete the ${given(number)} of ${sceneState.person}…`;
  $('who').returnValue = '';
  $('who').showModal();
  $('who-name').select();
}

function wirePerson() {
  $('person').addEventListener('click', showWho);
  $('who').addEventListener('close', () => {
    const name = $('who-name').value.trim();
    if ($('who').returnValue !== 'ok' || !name || name === sceneState.person) return;
    goOnAs(name).catch((error) => note(error.message));
  });
  $('forget').addEventListener('click', () => {
    $('who').returnValue = '';
    $('who').close();
    forget();
  });
}

// A name that nobody had is made here, and may be deleted here. One that others may have is asked about.
async function goOnAs(name) {
  const { ratings, cursor } = await get(['users', name, 'ratings'], { limit: 1000 });
  const alike = [...own].find((one) => one !== name && one.toLowerCase() === name.toLowerCase());
  if (ratings.length === 0 && !own.has(name) && alike) {
    if (await asked(`“${name}” is new here. Did you mean “${alike}”?`, 'Names differ by capital letters, too.',
      { yes: `Go on as ${alike}`, no: `Begin as ${name}` })) return goOnAs(alike);
  }
  if (ratings.length > 0 && !own.has(name)) {
    const number = `${cursor ? 'more than ' : ''}${given(ratings.length)}`;
    const text = 'Whoever goes on under this name sees them and can change them.';
    if (!await asked(`“${name}” is known here, with ${number}. Is this you?`, text, { yes: 'Yes, go on', no: 'No' })) {
      showWho();
      return;
    }
  }
  const guest = isGuest() && sceneState.ratings.size > 0 ? sceneState.person : null;
  const theirs = given(sceneState.ratings.size);
  const isTaken = guest && ratings.length === 0 && $('along').checked;
  if (ratings.length === 0) own.add(name);
  keepOwn();
  if (isTaken) await takeAlong(name);
  await become(name);
  if (guest) note(isTaken ? `You took your ${theirs} along.` : `Your ${theirs} stayed under ${guest}.`);
}

// Moves what a guest gave to another name, the oldest first.
async function takeAlong(name) {
  const guest = sceneState.person;
  for (const one of [...sceneState.ratings.values()].reverse()) await send(one.item, one.value, name);
  await remove(['users', guest]);
  forgetSkips(guest, name);
  own.delete(guest);
  keepOwn();
  tellTabs(guest, 0);
}

async function forget() {
  const name = sceneState.person;
  const number = sceneState.ratings.size;
  const text = 'This cannot be undone. The store and every model that is kept lose them.';
  const title = `Delete the ${given(number)} of ${name}?`;
  if (!await confirmedDrop(title, text, name, number === 1 ? 'it' : 'them')) return;
  try {
    clear();
    const { ratings } = await (await remove(['users', name])).json();
    await forgotten(name, ratings);
    note(areDeleted(ratings, name));
  } catch (error) {
    note(error.message);
    enter(name).catch(() => {});
  }
}

// Takes a user who was deleted out of this browser, too: their name, skips and what can be undone.
async function forgotten(name, ratings) {
  own.delete(name);
  keepOwn();
  forgetSkips(name);
  tellTabs(name, -ratings);
  if (name === sceneState.person) {
    clear();
    localStorage.removeItem(personName);
    localStorage.removeItem('kindred.undo');
    await become(remembered());
  }
  await totals();
}

let model;
async function modelChanged(name) {
  if (name === model) return;
  model = name;
  if (document.body.dataset.view === 'data') showData().catch((error) => note(error.message));
  try {
    await map.load();
    if (isMissing(document.body.dataset.view)) location.hash = 'next';
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
  await totals();
  showWords();
  showGenres(data.genres.map(({ genre }) => genre).filter(isName).slice(0, 12));
  await become(remembered());
}

wireScene();
wirePerson();
map.wire();
wireModels(reload);
wireData(begin, () => { isStale = true; }, forgotten);
onBack(() => {
  if (document.documentElement.dataset.ready) reload().catch((error) => note(error.message));
});
onChange(() => {
  showTotals();
  if (model !== undefined) map.place(sceneState.person).catch(() => {});
});
onModel(modelChanged);
onCount((change) => {
  data.ratings += change;
  // The first rating makes the user. The store is counted anew when a view opens, since counting takes long.
  if (change > 0 && sceneState.ratings.size === 1 && !begun.has(sceneState.person)) {
    begun.add(sceneState.person);
    data.users += 1;
  }
  showTotals();
});
connectMap(map);
addEventListener('hashchange', turn);
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
