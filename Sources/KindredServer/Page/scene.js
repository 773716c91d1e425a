// The view of films: ratings, and the list that follows them.

import { get, put, remove } from './api.js';
import { $, make, sync, calm, count, plural, note } from './dom.js';
import { chip, colorOfGenre, filmRow, nameOf, splitTitle, starField } from './films.js';

const listLength = 12;
const state = {
  person: '', ratings: new Map(), expected: new Map(), undo: [], genres: new Set(), variety: 0, query: '', isLong: false,
};
// Called after a rating or a change of user, and after a change of model.
const heard = { change: () => {}, model: () => {} };
let revision = 0;

export const sceneState = state;
export function onChange(action) { heard.change = action; }
export function onModel(action) { heard.model = action; }

// Makes a user the current one and loads their ratings.
export async function enter(person) {
  state.person = person;
  Object.assign(state, { ratings: new Map(), expected: new Map(), undo: [], isLong: false });
  $('undo').disabled = true;
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

// Rates a film, or removes its rating if null. The store has the rating before the list changes.
export async function rate(film, value, isUndo = false) {
  const person = state.person;
  const before = state.ratings.get(film.item)?.value ?? null;
  const kept = { item: film.item, title: film.title, genres: film.genres ?? [], value };
  const previous = new Map(state.ratings);
  state.ratings.delete(film.item);
  if (value !== null) state.ratings = new Map([[film.item, kept], ...state.ratings]);
  const own = revision += 1;
  try {
    if (value === null) await remove(['users', person, 'ratings', film.item]);
    else await put(['users', person, 'ratings', film.item], { value });
  } catch (error) {
    state.ratings = previous;
    showRated();
    note(`This rating was not kept. ${error.message}`);
    return;
  }
  if (person !== state.person) return;
  if (!isUndo) state.undo.push({ film: kept, before });
  $('undo').disabled = state.undo.length === 0;
  // The server computes the list while the page is updated.
  const listed = refreshList(own);
  showRated();
  await listed;
  if (own !== revision) return;
  heard.change();
  if (!state.query) refreshFound();
}

export async function undo() {
  const last = state.undo.pop();
  $('undo').disabled = state.undo.length === 0;
  if (!last) return;
  await rate(last.film, last.before, true);
  note(last.before === null ? `${nameOf(last.film)} is not rated any more.` : `${nameOf(last.film)} has ${plural(last.before, 'star', 'stars')} again.`);
}

// Loads the list for the current ratings.
let latest = null;
export async function refreshList(own = revision) {
  latest?.abort();
  const request = latest = new AbortController();
  let answer;
  try {
    answer = await get(['users', state.person, 'recommendations'], {
      limit: listLength, explain: true, category: [...state.genres], diversity: state.variety || null,
    }, request.signal);
  } catch (error) {
    if (error.name !== 'AbortError') note(`The list could not be made. ${error.message}`);
    return;
  }
  if (request.signal.aborted) return;
  showList(answer);
  $('list').dataset.model = answer.model ?? '';
  $('list').dataset.revision = own;
  if (own > 0 && document.body.dataset.view !== 'next') document.querySelector('nav a[data-view=next]').classList.add('fresh');
  heard.model(answer.model);
}

function showList(answer) {
  const list = $('list');
  const places = new Map([...list.children].map((row, place) => [row.dataset.key, place]));
  sync(list, answer.items, (film) => film.item, (film) => {
    const reasons = make('span', { class: 'because' });
    const row = filmRow(film, { open: openFilm, rate, more: reasons });
    row.reasons = reasons;
    row.move = make('span', { class: 'move' });
    row.prepend(make('span', { class: 'rank' }, row.place = make('b'), row.move));
    return row;
  }, (row, film, place, stays) => {
    state.expected.set(film.item, film);
    row.place.textContent = place + 1;
    const was = places.get(film.item);
    const shift = stays ? was - place : 0;
    row.move.textContent = places.size === 0 || shift === 0 && stays ? '' : !stays ? 'new' : shift > 0 ? `↑${shift}` : `↓${-shift}`;
    row.move.className = `move ${!stays ? 'new' : shift > 0 ? 'up' : 'down'}`;
    row.show({ predicted: film.rating, deviation: film.deviation });
    const names = film.reasons.slice(0, 2).map((reason) => nameOf(reason));
    row.reasons.replaceChildren();
    if (names.length > 0) {
      row.reasons.append('because you rated ', ...names.flatMap((name, at) => [at > 0 ? ' and ' : '', make('i', {}, name)]));
    }
  });
  const rated = state.ratings.size;
  $('basis').textContent = answer.basis === 'nothing' ? answer.note : answer.basis === 'popularity'
    ? 'What most people watch. Rate two or three films, and it becomes yours.'
    : `From the ${plural(rated, 'film', 'films')} you rated. Model ${answer.model}.`;
  if (answer.items.length === 0 && answer.basis !== 'nothing') $('basis').textContent = 'No film is left under these dials.';
  $('list-status').textContent = answer.items.length > 0 ? `The list changed. First: ${answer.items.slice(0, 3).map(nameOf).join(', ')}.` : $('basis').textContent;
}

// Shows the films found; without a query, films whose ratings tell most about the user.
let search = null;
async function refreshFound() {
  search?.abort();
  const request = search = new AbortController();
  const query = state.query;
  try {
    const answer = query
      ? await get(['items'], { query, limit: 12 }, request.signal)
      : await get(['users', state.person, 'starters'], { limit: state.ratings.size < 5 ? 6 : 3 }, request.signal);
    if (request.signal.aborted) return;
    const films = answer.items.filter((film) => !film.hidden).sort((left, right) => query ? right.ratings - left.ratings : 0);
    $('found-title').textContent = query ? `“${query}”` : state.ratings.size > 0 ? 'Tell more' : 'Well known, and telling';
    $('find-status').textContent = query ? (films.length ? `${plural(films.length, 'film', 'films')} found.` : 'No film has all of these words.') : '';
    sync($('found'), films, (film) => film.item, (film) => filmRow(film, { open: openFilm, rate }), (row, film) => {
      row.show({ value: state.ratings.get(film.item)?.value ?? null });
    });
    if (query && films.length === 0) $('found').append(make('li', { class: 'empty soft' }, 'No film has all of these words.'));
  } catch (error) {
    if (error.name !== 'AbortError') note(`The films could not be read. ${error.message}`);
  }
}

const shortRated = 12;
function showRated() {
  const all = [...state.ratings.values()];
  $('rated-part').hidden = all.length === 0;
  const shown = state.isLong ? all : all.slice(0, shortRated);
  sync($('rated'), shown, (film) => film.item, (film) => filmRow(film, { open: openFilm, rate }), (row, film) => row.show({ value: film.value }));
  $('rated-title').textContent = all.length > 0 ? `You rated ${count(all.length)}` : 'You rated';
  $('all-rated').hidden = all.length <= shortRated;
  $('all-rated').textContent = state.isLong ? 'Show fewer' : `Show all ${count(all.length)}`;
  for (const row of $('found').children) row.show?.({ value: state.ratings.get(row.dataset.key)?.value ?? null });
}

// Opens one film, with similar films.
let showOnMap = () => {};
export function onShowOnMap(action) { showOnMap = action; }

export async function openFilm(film) {
  const { name, year } = splitTitle(film);
  $('film-title').replaceChildren(name, year ? make('span', { class: 'year' }, ` ${year}`) : '');
  $('film-genres').replaceChildren(...(film.genres ?? []).map(chip));
  const expected = state.expected.get(film.item);
  const stars = starField(film, {
    value: state.ratings.get(film.item)?.value ?? null, predicted: expected?.rating ?? null, deviation: expected?.deviation ?? null, rate,
  });
  $('film-stars').replaceChildren(stars.field);
  $('film-similar').replaceChildren();
  $('film-map').onclick = () => { $('film').close(); showOnMap(film.item); };
  if (!$('film').open) $('film').showModal();
  $('film').scrollTop = 0;
  try {
    const answer = await get(['items', film.item, 'similar'], { limit: 6 });
    sync($('film-similar'), answer.items, (one) => one.item, (one) => filmRow(one, { open: openFilm, rate }),
      (row, one) => row.show({ value: state.ratings.get(one.item)?.value ?? null }));
    if (answer.items.length === 0) $('film-similar').append(make('li', { class: 'empty soft' }, 'Nobody can tell yet.'));
  } catch (error) { note(error.message); }
}

// Shows the genre filter: the families of the map's films, the most frequent first.
export function showGenres(genres) {
  const shown = [...$('genres').querySelectorAll('input')].map((input) => input.value);
  if (shown.join() === genres.join()) return;
  $('genres').replaceChildren(...genres.map((genre) => make('label', { class: `chip g${colorOfGenre(genre)}` },
    make('input', { type: 'checkbox', value: genre, checked: state.genres.has(genre) }), make('span', {}, genre))));
}

export function wireScene() {
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
  $('undo').addEventListener('click', undo);
  document.addEventListener('keydown', (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== 'z' || event.shiftKey || event.target.matches('input[type=search], input[name=name]')) return;
    event.preventDefault();
    undo();
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
  $('film').addEventListener('click', (event) => { if (event.target === $('film')) $('film').close(); });
}
