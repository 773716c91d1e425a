// Two models side by side: the lists that they make for one user, and what is in one of them alone.

import { get } from './api.js';
import { $, count, make } from './dom.js';
import { data } from './data.js';
import { nameOf } from './films.js';
import { openFilm, sceneState } from './scene.js';

const listLength = 20;
const sides = ['compare-left', 'compare-right'];
let asked = 0;

export function wireCompare() {
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
  $('compare-user-label').textContent = `Id of a ${data.words.user}`;
  $('compare-user').value ||= sceneState.person;
}

// Compares a model with the current one.
export function compareWith(model, current) {
  [$(sides[0]).value, $(sides[1]).value] = [current, model];
  $('compare-user').value ||= sceneState.person;
  $('compare').scrollIntoView({ block: 'nearest' });
  $('compare-form').requestSubmit();
}

async function compare() {
  const own = asked += 1;
  const user = $('compare-user').value.trim();
  $('compare-status').textContent = 'The lists are being made…';
  const lists = [];
  // One after the other: a model that does not answer is loaded for its list.
  for (const id of sides) lists.push(await get(['models', $(id).value, 'users', user, 'recommendations'], { limit: listLength }));
  if (own !== asked) return;
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
        make('button', { type: 'button', class: 'title', dir: 'auto', onclick: () => openFilm(film) }, nameOf(film)), make('span', { class: 'soft small' }, text));
    })))));
}
