// The view of an item: title, year, genres, and the field that takes the user's answer in the data's own terms.

import { make, rest, shorten } from './dom.js';
import { colorOf, colorOfGenre, data, greatest, hasGenres, isRated, starPositions } from './data.js';

// Moves the article to the front and splits off the year: "Godfather, The (1972)".
export function splitTitle(film) {
  const whole = film.title || film.item;
  const [, name, year] = whole.match(/^(.*?)\s*(?:\((\d{4})\))?\s*$/s) ?? [null, whole, null];
  const moved = name.match(/^(.*), (The|A|An|Le|La|Les|L'|Il|El|Los|Das|Der|Die)$/i);
  return { name: moved ? `${moved[2]}${moved[2].endsWith("'") ? '' : ' '}${moved[1]}` : name || whole, year };
}
export const nameOf = (film) => splitTitle(film).name;

// The genres of an item; of many the first ones, and how many more there are.
const manyGenres = 6;
export function genresOf({ genres = [] }) {
  const shown = genres.length > manyGenres ? genres.slice(0, manyGenres - 1) : genres;
  return shown.join(', ') + (shown.length < genres.length ? ` +${genres.length - shown.length}` : '');
}

export const chip = (genre) => make('span', { class: `chip g${colorOfGenre(genre)}` }, genre);

// How texts name what the user gave an item.
export const answerTo = (film) => `Your ${isRated() ? 'rating of' : 'choice on'} ${nameOf(film)}`;

const digits = (value) => Number(value.toFixed(2)).toString();
let fields = 0;

// What a user gives an item: stars or a slider on the data's own scale, or whether they like the item. Without the
// right to write, only what is expected.
export function answerField(film, { rate }) {
  const expected = make('span', { class: 'expected', 'aria-hidden': 'true' });
  const make_ = !data.writes ? onlyExpected : !isRated() ? likes : starPositions() ? stars : slider;
  const legend = make('legend', { class: 'hidden' });
  const field = make('fieldset', { class: 'answer' }, legend);
  let shown = { value: null, predicted: null, deviation: null };
  const give = (next) => {
    if (next === shown.value) return;
    shown = { ...shown, value: next };
    paint();
    rest();
    rate(film, next);
  };
  const part = make_(film, field, give, () => shown);
  field.append(expected);
  function paint() {
    field.classList.toggle('yours', shown.value !== null);
    part(shown);
    const sure = shown.deviation ? ` ± ${shown.deviation.toFixed(1)}` : '';
    const guess = shown.predicted === null ? '' : `${shown.predicted.toFixed(1)}${sure}`;
    expected.hidden = shown.value !== null || !guess;
    expected.textContent = guess && `≈ ${guess}`;
    expected.style.setProperty('--part', guess ? `${Math.round(100 * Math.max(0, shown.predicted - Math.min(0, data.scale?.least ?? 0)) / (greatest() - Math.min(0, data.scale?.least ?? 0)))}%` : '0%');
    expected.title = guess && `expected: ${guess} of ${digits(greatest())}`;
    const open = isRated() ? 'not rated yet' : 'no choice yet';
    const about = shown.value === null
      ? (guess ? `expected ${guess.replace('±', 'plus or minus')} of ${digits(greatest())}` : open)
      : isRated() ? `you gave ${digits(shown.value)}` : shown.value > 0 ? 'you like it' : 'not for you';
    legend.textContent = `${answerTo(film)}, ${about}`;
  }
  paint();
  return { field, show: (next) => { shown = { value: null, predicted: null, deviation: null, ...next }; paint(); } };
}

function onlyExpected() { return () => {}; }

// Stars as a group of radio buttons. Arrow keys and digits set a rating; 0, Delete or the same star removes it.
function stars(film, field, give, now) {
  const id = `stars${fields += 1}`;
  const positions = starPositions();
  const inputs = positions.map((position) => make('input', { type: 'radio', name: id, id: `${id}-${position}`, value: position }));
  const labels = inputs.map((input, place) => {
    const from = positions[place - 1] ?? 0;
    const half = positions[place] - from < 1 ? (Number.isInteger(from) ? ' half' : ' half right') : '';
    return make('label', { htmlFor: input.id, class: `star${half}`, title: `${digits(positions[place])} of ${digits(greatest())}` },
      make('span', { class: 'hidden' }, `${digits(positions[place])} ${positions[place] === 1 ? 'star' : 'stars'}`));
  });
  const clear = make('button', { type: 'button', class: 'unrate', title: 'Take back', 'aria-label': `Take back the rating of ${nameOf(film)}`, onclick: () => {
    give(null);
    inputs[0].focus();
  } }, '×');
  const row = make('div', { class: positions.length > 5 && positions[1] - positions[0] === 1 ? 'stars many' : 'stars' },
    ...inputs.flatMap((input, place) => [input, labels[place]]));
  field.append(row, clear);
  let key = false;
  // Arrow keys pass over stars in between. The one where they stop becomes the rating, at once if the keyboard goes on.
  let pending = null;
  const settle = () => {
    clearTimeout(pending?.timer);
    const settled = pending;
    pending = null;
    if (settled) give(settled.value);
  };
  const giveCalmly = (value) => {
    clearTimeout(pending?.timer);
    pending = { value, timer: setTimeout(settle, 1200) };
    light(value);
  };
  row.addEventListener('focusout', (event) => { if (!row.contains(event.relatedTarget)) settle(); });
  row.addEventListener('keydown', (event) => {
    key = event.key.startsWith('Arrow');
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Enter') settle();
    const place = positions.indexOf(Number(event.key));
    if (event.key !== '0' && place >= 0) {
      give(positions[place]);
      inputs[place].focus();
    } else if (['0', 'Delete', 'Backspace'].includes(event.key) && now().value !== null) give(null);
    else return;
    event.preventDefault();
  });
  labels.forEach((label, place) => label.addEventListener('click', (event) => {
    key = false;
    if (now().value !== positions[place]) return;
    event.preventDefault();
    give(null);
  }));
  row.addEventListener('change', (event) => (key ? giveCalmly : give)(Number(event.target.value)));
  const lastOf = (value) => value === null ? -1
    : Math.max(0, positions.findLastIndex((position) => position <= value + 1e-3));
  const light = (value) => {
    const last = lastOf(value);
    labels.forEach((label, place) => label.classList.toggle('on', place <= last));
  };
  return ({ value }) => {
    clear.hidden = value === null;
    if (pending) return;
    light(value);
    inputs.forEach((input, place) => { input.checked = place === lastOf(value); });
  };
}

// A slider, for scales that are too fine for stars.
function slider(film, field, give) {
  const { least, greatest: most, step } = data.scale;
  const input = make('input', { type: 'range', min: least, max: most, step: step ?? (most - least) / 100, 'aria-label': `Your rating of ${nameOf(film)}` });
  const text = make('output', { class: 'value' });
  const clear = make('button', { type: 'button', class: 'unrate', title: 'Take back', 'aria-label': `Take back the rating of ${nameOf(film)}`, onclick: () => { give(null); input.focus(); } }, '×');
  field.append(make('div', { class: 'slide' }, input, text), clear);
  input.addEventListener('input', () => { text.textContent = digits(Number(input.value)); });
  input.addEventListener('change', () => give(Number(input.value)));
  return ({ value }) => {
    clear.hidden = value === null;
    input.value = value ?? (least + most) / 2;
    text.textContent = value === null ? '–' : digits(value);
  };
}

// Two buttons, for data whose users give no ratings.
function likes(film, field, give, now) {
  const button = (text, value) => make('button', { type: 'button', class: 'choice', 'aria-label': `${text}: ${nameOf(film)}`, onclick: () => give(now().value === value ? null : value) }, text);
  const like = button('Like', 1);
  const not = button('Not for me', -1);
  field.append(make('div', { class: 'choices' }, like, not));
  return ({ value }) => {
    like.setAttribute('aria-pressed', value !== null && value > 0);
    not.setAttribute('aria-pressed', value !== null && value <= 0);
  };
}

// Why an item is in the list of the visitor, or of another user, as parts of a text.
export function reasonOf({ reasons, attributes }, isYours = true) {
  const names = reasons.slice(0, 2).map((reason) => make('i', { dir: 'auto' }, shorten(nameOf(reason), 40)));
  if (names.length > 0) return [isRated() ? `because ${isYours ? 'you' : 'they'} liked ` : 'because of ', names[0],
    ...names.slice(1).flatMap((name) => [' and ', name])];
  const [first] = attributes ?? [];
  if (!first) return [];
  return ['for ', make('i', {}, first.attribute), `, as ${first.items} of ${isYours ? 'yours' : 'theirs'}`];
}

// A row of a list: title and year, which open the item, genres and the user's answer.
export function filmRow(film, { open, rate, more = null, skip = null }) {
  const { name, year } = splitTitle(film);
  const answer = answerField(film, { rate });
  const facts = [year, genresOf(film)].filter(Boolean).join(' · ');
  const row = make('li', { class: `film g${colorOf(film.genres ?? [])}` },
    make('div', { class: 'what' },
      make('button', { type: 'button', class: 'title', title: name.length > 60 ? name : null, onclick: () => open(film) }, make('span', { class: 'clamp', dir: 'auto' }, name)),
      facts ? make('span', { class: hasGenres() ? 'facts dotted' : 'facts' }, facts) : null,
      skip ? make('button', { type: 'button', class: 'skip-it', 'aria-label': `Skip ${name}`, onclick: () => skip(film) }, 'Do not know it') : null),
    answer.field, more);
  row.show = answer.show;
  return row;
}
