// Two models side by side: the lists that they make for one user, and what is in one of them alone.

import { get } from './api.js';
import { $, count, make } from './dom.js';
import { data, isRated } from './data.js';
import { nameOf, reasonOf } from './films.js';
import { openFilm, sceneState } from './scene.js';

const listLength = 20;
const sides = ['compare-left', 'compare-right'];
let asked = 0;

export function wireCompare() {
  $('compare-form').addEventListener('change', checkSides);
  $('compare-form').addEventListener('submit', (event) => {
    event.preventDefault();
    compare().catch((error) => { $('compare-status').textContent = error.message; });
  });
}

// Offers the models that are kept: first the current one and the newest of the others.
export function offerModels(models) {
  $('compare').hidden = models.length < 2;
  const current = models.find((model) => model.current) ?? models[0];
  const other = models.find((model) => model !== current);
  sides.forEach((id, side) => {
    const chosen = $(id).value;
    $(id).replaceChildren(...models.map((model) =>
      make('option', { value: model.model }, `${model.model}: ${model.algorithms.join(' and ')}${model.current ? ', answers now' : ''}`)));
    $(id).value = models.some((model) => model.model === chosen) ? chosen : (side === 0 ? current : other)?.model;
  });
  if ($(sides[0]).value === $(sides[1]).value) [$(sides[0]).value, $(sides[1]).value] = [current?.model, other?.model];
  $('compare-user-label').textContent = `Id of a ${data.words.user}`;
  checkSides();
  offerUsers().catch(() => {});
}

// A model beside itself shows nothing.
function checkSides() {
  const isSame = $(sides[0]).value === $(sides[1]).value;
  $(sides[1]).setCustomValidity(isSame ? 'Choose two different models.' : '');
}

// Offers some users, and first one of whom something is known: the visitor, or the first one with ratings.
async function offerUsers() {
  const users = (await get(['users'], { limit: 50 })).users.map(({ user }) => user);
  $('compare-users').replaceChildren(...users.map((user) => make('option', { value: user })));
  if ($('compare-user').value) return;
  const known = sceneState.ratings.size > 0 ? sceneState.person : await firstKnown(users.slice(0, 5));
  $('compare-user').value ||= known ?? '';
}

async function firstKnown(users) {
  for (const user of users) if ((await lastGiven(user, 1)).length > 0) return user;
  return null;
}

const lastGiven = async (user, limit) => (await get(['users', user, 'ratings'], { limit })).ratings;

// Compares a model with the current one.
export function compareWith(model, current) {
  [$(sides[0]).value, $(sides[1]).value] = [current, model];
  checkSides();
  $('compare').scrollIntoView({ block: 'nearest' });
  $('compare-form').requestSubmit();
}

async function compare() {
  const own = asked += 1;
  const user = $('compare-user').value.trim();
  $('compare-status').textContent = 'The lists are being made…';
  const lists = [];
  // One after the other: a model that does not answer is loaded for its list.
  for (const id of sides) lists.push(await get(['models', $(id).value, 'users', user, 'recommendations'],
    { limit: listLength, explain: true }));
  const given = await lastGiven(user, listLength);
  if (own !== asked) return;
  showGiven(user, given);
  const places = lists.map((list) => new Map(list.items.map((film, place) => [film.item, place + 1])));
  const both = lists[0].items.filter((film) => places[1].has(film.item)).length;
  const basis = lists.some((list) => list.basis === 'history') ? '' : ` Nothing is known of ${user}, so these are lists for anybody.`;
  $('compare-status').textContent = `${count(both)} ${data.words.items} are in both lists.${basis}`;
  $('compare-lists').replaceChildren(...lists.map((list, side) => make('section', {},
    make('h3', {}, `Model ${list.model}`),
    make('ol', { class: 'plain' }, ...list.items.map((film, at) => {
      const there = places[1 - side].get(film.item);
      const text = there === undefined ? 'only here' : there === at + 1 ? 'the same place' : `${there} there`;
      return make('li', { class: there === undefined ? 'only' : '' }, make('b', {}, String(at + 1)),
        make('span', {}, titleOf(film), make('span', { class: 'soft small why' }, ...reasonOf(film, false))),
        make('span', { class: 'soft small' }, text));
    })))));
}

// What the user gave last, by which the lists are judged.
function showGiven(user, given) {
  $('compare-given').hidden = given.length === 0;
  $('compare-given-title').textContent = `What ${user} ${isRated() ? 'rated' : 'chose'} last`;
  $('compare-given').querySelector('ul').replaceChildren(...given.map((film) => make('li', {},
    titleOf(film), make('span', { class: 'soft small' }, isRated() ? String(film.value) : film.kind))));
}

const titleOf = (film) =>
  make('button', { type: 'button', class: 'title', dir: 'auto', onclick: () => openFilm(film) }, nameOf(film));
