// The view of items: the user's answers, and the list that follows them.

import { get, post, put, remove } from './api.js';
import { $, make, sync, calm, count, note, plural, rest, wirePointer } from './dom.js';
import { answerField, answerTo, chip, filmRow, nameOf, reasonOf, splitTitle } from './films.js';
import { capital, colorOfGenre, data, givenBy, greatest, isRated, items } from './data.js';
import { offerSnippets, wireSnippets } from './snippets.js';

const listLength = 12;
const state = {
  person: '', ratings: new Map(), expected: new Map(), undo: [], genres: new Set(), variety: 0, query: '',
  isLong: false, group: null, listed: listLength, said: '',
};
// Called after a rating or a change of user, and after a change of model.
const heard = { change: () => {}, model: () => {}, count: () => {} };
let revision = 0;

export const sceneState = state;
export function onChange(action) { heard.change = action; }
export function onModel(action) { heard.model = action; }
export function onCount(action) { heard.count = action; }

// Takes what a user gave and was shown off the screen, before what another one sees is there.
export function clear() {
  state.ratings = new Map();
  showRated();
  $('list').replaceChildren();
  $('basis').textContent = '';
  $('strip').hidden = true;
}

// Makes a user the current one and loads their ratings.
export async function enter(person) {
  if (state.person && state.person !== person) clear();
  state.person = person;
  Object.assign(state, { ratings: new Map(), expected: new Map(), undo: undoOf(person), isLong: false, group: null, listed: listLength });
  $('undo').disabled = state.undo.length === 0;
  skipped = new Set(skips()[person] ?? []);
  let cursor;
  do {
    const page = await get(['users', person, 'ratings'], { limit: 1000, cursor });
    for (const one of page.ratings) state.ratings.set(one.item, { ...one, genres: one.genres ?? [] });
    cursor = page.cursor;
  } while (cursor);
  if (state.person !== person) return;
  showRated();
  heard.change();
  await Promise.all([refreshList(), refreshFound()]);
}

// What can be undone is kept in the browser, so that a reload does not lose it.
const undoName = 'kindred.undo';
function undoOf(person) {
  try {
    const kept = JSON.parse(localStorage.getItem(undoName));
    return kept?.person === person ? kept.steps : [];
  } catch { return []; }
}
function keepUndo() {
  state.undo = state.undo.slice(-20);
  $('undo').disabled = state.undo.length === 0;
  localStorage.setItem(undoName, JSON.stringify({ person: state.person, steps: state.undo }));
}

export async function send(item, value, person = state.person) {
  const path = ['users', person, isRated() ? 'ratings' : 'likes', item];
  if (value === null) await remove(path);
  else await put(path, isRated() ? { value } : { liked: value > 0 });
}

// Takes the user's answer, or removes it if null. The store has the answer before the list changes.
export async function rate(film, value, isUndo = false) {
  const person = state.person;
  $('notes').replaceChildren();
  const before = state.ratings.get(film.item)?.value ?? null;
  const kept = { item: film.item, title: film.title, genres: film.genres ?? [], value };
  const previous = new Map(state.ratings);
  state.ratings.delete(film.item);
  if (value !== null) state.ratings = new Map([[film.item, kept], ...state.ratings]);
  const own = revision += 1;
  try {
    await send(film.item, value);
  } catch (error) {
    state.ratings = previous;
    showRated();
    note(`This was not kept. ${error.message}`);
    return;
  }
  if (person !== state.person) return;
  if (value !== null)
    state.said = `${nameOf(film)}: ${isRated() ? `${value} of ${greatest()}` : value > 0 ? 'you like it'
      : 'not for you'}. `;
  // The server computes the list while the page is updated.
  const listed = refreshList(own);
  if (!isUndo) {
    const step = { film: kept, before };
    state.undo.push(step);
    if (value === null) note(`${answerTo(film)} is taken back.`, { label: 'Undo', run: () => undo(step) });
  }
  keepUndo();
  const change = (value === null ? 0 : 1) - (before === null ? 0 : 1);
  heard.count(change);
  tellTabs(person, change);
  showRated();
  await listed;
  if (own !== revision) return;
  heard.change();
  if (state.query) foretellFound(); else refreshFound();
}

// Other tabs of this browser show the change too.
const tabs = new BroadcastChannel('kindred');
export function tellTabs(person, change) { tabs.postMessage({ person, change }); }
tabs.addEventListener('message', (event) => {
  heard.count(event.data.change);
  if (event.data.person === state.person) enter(state.person).catch((error) => note(error.message));
});

// Undoes a step, the last one if none is given.
async function undo(step = state.undo.at(-1)) {
  if (!state.undo.includes(step)) return;
  state.undo.splice(state.undo.indexOf(step), 1);
  keepUndo();
  if (step.isSkip) {
    setSkipped(step.film, false);
    note(`You may be asked about ${nameOf(step.film)} again.`);
    return;
  }
  await rate(step.film, step.before, true);
  note(step.before === null ? `${answerTo(step.film)} is taken back.`
    : isRated() ? `${nameOf(step.film)} is back at ${step.before} of ${greatest()}.`
      : `${answerTo(step.film)} is as it was before.`);
}

// Loads the list for the current ratings.
let latest = null;
export async function refreshList(own = revision) {
  latest?.abort();
  const request = latest = new AbortController();
  const path = ['users', state.person, 'recommendations'];
  const wish = { limit: state.listed, explain: true, category: [...state.genres], diversity: state.variety || null };
  offerSnippets(path, wish);
  let answer;
  try {
    answer = await get(path, wish, request.signal);
  } catch (error) {
    if (error.name !== 'AbortError') note(`The list could not be made. ${error.message}`);
    return;
  }
  if (request.signal.aborted) return;
  showList(answer, JSON.stringify([state.person, wish.category, wish.diversity]));
  $('list').dataset.model = answer.model ?? '';
  $('list').dataset.revision = own;
  if (own > 0 && document.body.dataset.view !== 'next') document.querySelector('nav a[data-view=next]').classList.add('fresh');
  heard.model(answer.model);
  loadGroups(answer.model);
  // What is well known comes with the first model.
  if (answer.model !== null && isWaiting) refreshFound();
  // Until the first model stands, the list is looked at again: first what is popular comes, then what is the user's.
  if (answer.model === null && data.ratings > 0) setTimeout(() => { if (request === latest) refreshList(); }, 1500);
}

// Rows say how they moved since the list before, if that was of the same user under the same dials.
let before = '';
function showList(answer, source) {
  const list = $('list');
  const rows = source === before ? [...list.children] : [];
  const places = new Map(rows.map((row, place) => [row.dataset.key, place]));
  const isSame = rows.length > 0 && rows.every((row, place) => row.dataset.key === answer.items[place]?.item);
  const come = answer.items.filter((film, place) => place < places.size && !places.has(film.item)).map(nameOf);
  before = source;
  state.expected = new Map(answer.items.map((film) => [film.item, film]));
  sync(list, answer.items, (film) => film.item, (film) => {
    const reasons = make('span', { class: 'because' });
    const row = filmRow(film, { open: openFilm, rate, more: reasons });
    row.reasons = reasons;
    row.move = make('span', { class: 'move' });
    row.prepend(make('span', { class: 'rank' }, row.place = make('b'), row.move));
    return row;
  }, (row, film, place) => {
    row.place.textContent = place + 1;
    const shift = (places.get(film.item) ?? place) - place;
    const isNew = place < places.size && !places.has(film.item);
    row.move.textContent = isNew ? 'new' : shift > 0 ? `↑${shift}` : shift < 0 ? `↓${-shift}` : '';
    row.move.className = `move ${isNew ? 'new' : shift > 0 ? 'up' : 'down'}`;
    row.show({ predicted: film.rating, deviation: film.deviation });
    row.reasons.replaceChildren(...reasonOf(film));
  });
  const rated = state.ratings.size;
  $('basis').textContent = answer.basis === 'nothing' ? answer.note : answer.basis === 'attributes'
    ? `What ${data.words.users} like you choose.` : answer.basis === 'popularity'
    ? rated > 0 ? `What most ${data.words.users} choose: your ${isRated() ? 'ratings' : 'choices'} do not say yet what you `
      + `like. ${isRated() ? 'Rate' : 'Choose'} something that you like, and the list becomes yours.`
      : !data.writes ? `What most ${data.words.users} choose.`
      : `What most ${data.words.users} choose. ${isRated() ? 'Rate' : 'Choose'} two or three ${data.words.items}, and it becomes yours.`
    : `From your ${isRated() ? 'ratings of' : 'choices on'} ${items(rated)}${state.genres.size > 0 ? `, ${[...state.genres].join(' or ')} alone` : ''}. `
      + (Number(state.variety) > 0 ? 'What you would choose is mixed with what differs from it'
        : 'What you would most likely choose comes first') + `${isRated() ? '; ≈ is the rating to expect' : ''}.`;
  if (answer.items.length === 0 && answer.basis !== 'nothing') $('basis').textContent = `No ${data.words.item} is left under these dials.`;
  $('more-list').hidden = answer.items.length < state.listed || state.listed >= 8 * listLength;
  $('strip').hidden = rated === 0 || answer.items.length === 0;
  $('strip').replaceChildren('Next for you: ', ...answer.items.slice(0, 3).flatMap((film, at) => [at > 0 ? ', ' : '', make('b', { dir: 'auto' }, nameOf(film))]));
  const first = answer.items.slice(0, 3).map(nameOf).join(', ');
  const change = answer.items.length === 0 ? $('basis').textContent : isSame ? 'The list is as it was.'
    : come.length > 0 ? `New in the list: ${come.slice(0, 3).join(', ')}.` : `First in the list: ${first}.`;
  // Rows that are there when the page opens are no news.
  if (rows.length > 0 || state.said || answer.items.length === 0) $('list-status').textContent = state.said + change;
  state.said = '';
}

// Shows the items found; without a query, items whose ratings tell most about the user.
let search = null;
let isWaiting = false;
const pageOfFound = 12;
async function refreshFound(shown = pageOfFound) {
  search?.abort();
  const request = search = new AbortController();
  const query = state.query;
  try {
    const few = isNewcomer() ? 6 : 3;
    const left = state.group?.items.filter((film) => !skipped.has(film.item) && !state.ratings.has(film.item)) ?? [];
    if (left.length === 0 || !isNewcomer()) state.group = null;
    showGroups();
    const answer = query
      ? await get(['items'], { query, limit: shown }, request.signal)
      : state.group ? { items: left }
        : await get(['users', state.person, 'starters'], { limit: few + skipped.size }, request.signal);
    if (request.signal.aborted) return;
    const found = answer.items.filter((film) => !film.hidden && (query || !skipped.has(film.item))).slice(0, query ? undefined : few);
    const most = query ? `${count(found.length)} of ${count(answer.total)}` : '';
    isWaiting = !query && found.length === 0;
    $('found-title').hidden = isWaiting;
    $('found-title').textContent = query ? `“${query}”${found.length > 0 ? ` · ${most}` : ''}`
      : state.group ? groupName(state.group) : !data.writes ? 'Well known'
        : state.ratings.size > 0 ? 'A few more' : 'Well known, to begin with';
    const nothing = query && answer.near && found.length > 0 ? `No ${data.words.item} has these words. These are near.`
      : `No ${data.words.item} has these words.`;
    $('find-status').textContent = query
      ? (found.length > 0 ? `${answer.near ? nothing : ''} ${most} ${data.words.items} shown.` : nothing) : '';
    $('found').classList.toggle('queried', Boolean(query));
    const isOver = isWaiting && skipped.size > 0;
    $('found-note').hidden = !(query && (answer.near || found.length === 0)) && !isOver;
    $('found-note').replaceChildren(...(!isOver ? [nothing] : [
      `That was all: you do not know ${items(skipped.size)}. `,
      make('button', { type: 'button', class: 'quiet',
        onclick: () => { keepSkips(new Set()); refreshFound(); } }, 'Ask about them again')]));
    $('more-found').hidden = !query || found.length === 0 || found.length >= answer.total || shown >= 1000;
    $('more-found').onclick = () => refreshFound(Math.min(1000, shown + 4 * pageOfFound));
    const makeRow = (film) => filmRow(film, { open: openFilm, rate, skip: query || !data.writes ? null : skip });
    sync($('found'), found, (film) => film.item, makeRow, (row, film) => {
      row.show({ value: valueOf(film.item) });
    });
    if (query) foretellFound();
  } catch (error) {
    if (error.name === 'AbortError') return;
    // Rows of another search under this heading would be wrong.
    $('found').replaceChildren();
    $('found-title').textContent = query ? `“${query}”` : 'A few more';
    $('more-found').hidden = $('found-note').hidden = true;
    note(`The ${data.words.items} could not be read. ${error.message}`);
  }
}

// Asks what the user would give the items that were found.
async function foretellFound() {
  const person = state.person;
  const rows = new Map([...$('found').children].map((row) => [row.dataset.key, row]));
  const asked = [...rows.keys()].filter((item) => item && !state.ratings.has(item)).slice(0, 100);
  if (!isRated() || state.ratings.size === 0 || asked.length === 0) return;
  try {
    const { predictions } = await post(['predictions'], { pairs: asked.map((item) => ({ user: person, item })) });
    for (const { item, rating, deviation } of predictions) {
      if (person === state.person && !state.ratings.has(item)) rows.get(item).show({ predicted: rating, deviation });
    }
  } catch { /* Without it the items are shown all the same. */ }
}

// Someone with few answers may begin with what a group of users likes more than others do.
const isNewcomer = () => state.ratings.size < 5;
const groups = { model: null, all: [] };
async function loadGroups(model) {
  if (!data.writes || !model || model === groups.model || !isNewcomer()) return;
  groups.model = model;
  try {
    const { groups: all } = await get(['groups'], { count: 8, members: 0 });
    groups.all = all.filter((group) => group.items.length > 2).map(ofItsGenres).slice(0, 6);
  } catch { groups.all = []; }
  showGroups();
}

// A group that is named after genres proposes items of these; with too few of them it is named after an item.
function ofItsGenres(group) {
  const named = new Set(group.genres.slice(0, 2));
  const items = group.items.filter((item) => item.genres?.some((genre) => named.has(genre)));
  return items.length > 2 ? { ...group, items } : { ...group, genres: [] };
}

// The name of a group: its genres, or an item where there are none, or where another group has the same ones.
function groupName(group) {
  const genres = group.genres.slice(0, 2).join(', ');
  const first = groups.all.find((other) => other.genres.slice(0, 2).join(', ') === genres);
  return genres && first === group ? genres : [genres, nameOf(group.items[0])].filter(Boolean).join(': ');
}

function showGroups() {
  $('groups').hidden = !isNewcomer() || Boolean(state.query) || groups.all.length < 2;
  sync($('groups'), groups.all, (group) => `${groups.model} ${group.group}`, (group) => make('li', {}, make('button', { type: 'button', class: 'choice', onclick: () => {
    state.group = state.group === group ? null : group;
    refreshFound();
  } }, groupName(group))), (row, group) => row.firstChild.setAttribute('aria-pressed', state.group === group));
}

// Items that a user does not know are not asked about again in this browser: at most a hundred, of twenty users.
const skipName = 'kindred.skips';
let skipped = new Set();
function skips() {
  try { return JSON.parse(localStorage.getItem(skipName)) ?? {}; } catch { return {}; }
}
function keepSkips(kept, person = state.person) {
  if (person === state.person) skipped = kept;
  const { [person]: old, ...others } = skips();
  const all = [...Object.entries(others), ...(kept.size > 0 ? [[person, [...kept].slice(-100)]] : [])];
  localStorage.setItem(skipName, JSON.stringify(Object.fromEntries(all.slice(-20))));
}
// Forgets what a user does not know, or lets another name have it.
export function forgetSkips(person, heir = null) {
  const theirs = skips()[person] ?? [];
  if (heir !== null && theirs.length > 0) keepSkips(new Set(theirs), heir);
  keepSkips(new Set(), person);
}
function skip(film) {
  const step = { film, isSkip: true };
  state.undo.push(step);
  keepUndo();
  setSkipped(film, true);
  note(`You are not asked about ${nameOf(film)} again.`, { label: 'Undo', run: () => undo(step) });
}
function setSkipped(film, isSkipped) {
  if (isSkipped) skipped.add(film.item); else skipped.delete(film.item);
  keepSkips(skipped);
  refreshFound();
}

const shortRated = 12;
function showRated() {
  const all = [...state.ratings.values()];
  $('rated-part').hidden = all.length === 0;
  const shown = state.isLong ? all : all.slice(0, shortRated);
  sync($('rated'), shown, (film) => film.item, (film) => filmRow(film, { open: openFilm, rate }), (row, film) => row.show({ value: film.value }));
  $('rated-title').textContent = `${isRated() ? 'You rated' : 'You chose'} ${all.length > 0 ? count(all.length) : ''}`;
  $('all-rated').hidden = all.length <= shortRated;
  $('all-rated').textContent = state.isLong ? 'Show fewer' : `Show all ${count(all.length)}`;
  for (const row of [...$('found').children, ...$('film-similar').children]) {
    row.show?.({ value: valueOf(row.dataset.key) });
  }
  showOpened();
}

// Opens one film, with similar films.
let map = { has: () => false, show: () => {} };
let opened = null;
const valueOf = (item) => state.ratings.get(item)?.value ?? null;
function showOpened() {
  const expected = state.expected.get(opened?.film.item);
  opened?.answer.show({
    value: valueOf(opened.film.item), predicted: expected?.rating ?? null, deviation: expected?.deviation ?? null,
  });
}
export function connectMap(shown) { map = shown; }

// The items opened one after another in the dialog.
let trail = [];
function goBack() {
  trail.pop();
  openFilm(trail.at(-1));
}

export async function openFilm(film) {
  const { name, year } = splitTitle(film);
  $('film-title').replaceChildren(name, year ? make('span', { class: 'year' }, ` ${year}`) : '');
  $('film-genres').replaceChildren(...(film.genres ?? []).map(chip));
  const expected = state.expected.get(film.item);
  const answer = answerField(film, { rate });
  opened = { film, answer };
  showOpened();
  $('film-stars').replaceChildren(answer.field);
  const why = expected ? reasonOf(expected) : [];
  const showFacts = ({ ratings, mean }) => $('film-facts').replaceChildren(
    ratings === undefined ? ''
      : `${capital(givenBy(ratings))}${Number.isFinite(mean) ? `, ${mean.toFixed(1)} on average` : ''}. `,
    ...(why.length > 0 ? ['In your list ', ...why, '.'] : []));
  showFacts(film);
  get(['items', film.item]).then((one) => { if (opened.answer === answer) showFacts(one); }).catch(() => {});
  $('film-similar').replaceChildren();
  showTogether(film).catch(() => {});
  if (!expected && isRated() && state.ratings.size > 0 && !state.ratings.has(film.item)) foretell(film, answer);
  // Of very many items only the best known are on the map.
  $('film-map').hidden = !map.has(film.item);
  $('film-map').onclick = () => {
    $('film').close();
    if (innerWidth < 1180) location.hash = 'map';
    map.show(film.item);
    $('canvas').focus();
  };
  // The click that ends a tap must not fall on stars that come under it.
  rest();
  if (!$('film').open) {
    trail = [];
    $('film').showModal();
  } else { $('film-title').focus(); }
  if (trail.at(-1) !== film) trail.push(film);
  $('film-back').hidden = trail.length < 2;
  $('film').scrollTop = 0;
  try {
    const similar = await get(['items', film.item, 'similar'], { limit: 6 });
    sync($('film-similar'), similar.items, (one) => one.item, (one) => filmRow(one, { open: openFilm, rate }),
      (row, one) => row.show({ value: valueOf(one.item) }));
    if (similar.items.length === 0) $('film-similar').append(make('li', { class: 'empty soft' }, 'Nobody can tell yet.'));
  } catch (error) { note(error.message); }
}

// The items that users take together with the opened one, if there are any.
async function showTogether(film) {
  $('together-part').hidden = true;
  const { items: all } = await get(['items', film.item, 'together'], { limit: 4 });
  if (film !== opened.film || all.length === 0) return;
  $('film-together').replaceChildren(...all.map((one) => make('li', {},
    make('button', { type: 'button', class: 'title', dir: 'auto', onclick: () => openFilm(one) }, nameOf(one)),
    make('span', { class: 'soft small' }, ` ${plural(one.baskets, 'time', 'times')}`))));
  $('together-part').hidden = false;
}

// Asks what the user would give an item that is not in their list.
async function foretell(film, answer) {
  try {
    const { predictions: [one] } = await post(['predictions'], { pairs: [{ user: state.person, item: film.item }] });
    if (one?.rating !== null && !state.ratings.has(film.item)) answer.show({ predicted: one.rating, deviation: one.deviation });
  } catch { /* Without it the item is shown all the same. */ }
}

// Shows the genre filter, the most frequent genres first.
export function showGenres(genres) {
  const shown = [...$('genres').querySelectorAll('input')].map((input) => input.value);
  if (shown.join() === genres.join()) return;
  $('genres').replaceChildren(...genres.map((genre) => make('label', { class: `chip g${colorOfGenre(genre)}` },
    make('input', { type: 'checkbox', value: genre, checked: state.genres.has(genre) }), make('span', {}, genre))));
}

export function wireScene() {
  wireSnippets();
  wirePointer();
  $('find').addEventListener('input', calm(60, () => {
    state.query = $('find').value.trim();
    refreshFound();
  }));
  $('find').addEventListener('keydown', (event) => {
    if (event.key === 'ArrowDown' || event.key === 'Enter') {
      $('found').querySelector('input:checked, input')?.focus();
      event.preventDefault();
    }
  });
  $('undo').addEventListener('click', () => undo());
  document.addEventListener('keydown', (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== 'z' || event.shiftKey || event.target.matches('input:not([type=radio], [type=checkbox], [type=range])')) return;
    event.preventDefault();
    undo();
  });
  $('more-list').addEventListener('click', async () => {
    const known = $('list').children.length;
    state.listed += listLength;
    await refreshList();
    $('list').children[known]?.querySelector('.title')?.focus();
  });
  $('all-rated').addEventListener('click', () => { state.isLong = !state.isLong; showRated(); });
  $('genres').addEventListener('change', (event) => {
    if (event.target.checked) state.genres.add(event.target.value); else state.genres.delete(event.target.value);
    refreshList();
  });
  $('variety').addEventListener('input', calm(40, () => {
    state.variety = Number($('variety').value);
    refreshList();
  }));
  $('film-back').addEventListener('click', goBack);
  $('film').addEventListener('close', () => setTimeout(() => {
    // What opened it may be gone.
    if (document.activeElement !== document.body) return;
    ($('list').querySelector('.title') ?? $('find')).focus({ preventScroll: true });
  }));
  $('film').addEventListener('click', (event) => { if (event.target === $('film')) $('film').close(); });
}
