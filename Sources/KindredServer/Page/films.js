// The view of a film: title, year, genres, and stars, which show the expected rating and take the user's rating.

import { make, calm } from './dom.js';

// Moves the article to the front and splits off the year: "Godfather, The (1972)".
export function splitTitle(film) {
  const whole = film.title || film.item;
  const [, name, year] = whole.match(/^(.*?)\s*(?:\((\d{4})\))?\s*$/s) ?? [null, whole, null];
  const moved = name.match(/^(.*), (The|A|An|Le|La|Les|L'|Il|El|Los|Das|Der|Die)$/i);
  return { name: moved ? `${moved[2]}${moved[2].endsWith("'") ? '' : ' '}${moved[1]}` : name || whole, year };
}
export const nameOf = (film) => splitTitle(film).name;

// The families of genres, each with its own colour, the most specific first.
const families = [
  ['Horror'], ['Animation', 'Children', "Children's", 'Family'], ['Musical', 'Music'], ['Documentary'],
  ['Sci-Fi', 'Science Fiction', 'Fantasy'], ['War', 'Western', 'History'],
  ['Film-Noir', 'Mystery', 'Crime', 'Thriller'], ['Romance'], ['Action', 'Adventure'], ['Comedy'], ['Drama'],
];
const familyOf = new Map(families.flatMap((names, family) => names.map((name) => [name.toLowerCase(), family])));

export const familyNames = ['Horror', 'Children', 'Musical', 'Documentary', 'Sci-Fi', 'War · Western', 'Crime', 'Romance', 'Action', 'Comedy', 'Drama', 'Other'];
// The index of a genre's colour; unknown names are hashed to one.
export function colorOfGenre(genre) {
  const family = familyOf.get(genre.toLowerCase());
  if (family !== undefined) return family;
  let sum = 0;
  for (const letter of genre) sum = (sum * 31 + letter.codePointAt(0)) % 9973;
  return sum % families.length;
}
export const colorOf = (genres) => genres.length === 0 ? 11 : Math.min(...genres.map(colorOfGenre));

export const chip = (genre) => make('span', { class: `chip g${colorOfGenre(genre)}` }, genre);

let fields = 0;

// Stars as a group of radio buttons. Arrow keys and the digits 1 to 5 set a rating; 0 or Delete removes it.
export function starField(film, { value = null, predicted = null, deviation = null, rate }) {
  const id = `stars${fields += 1}`;
  const legend = make('legend', { class: 'hidden' });
  const figure = make('span', { class: 'figure', 'aria-hidden': 'true' });
  const inputs = [1, 2, 3, 4, 5].map((stars) => make('input', { type: 'radio', name: id, id: `${id}-${stars}`, value: stars }));
  const labels = inputs.map((input, place) => make('label', { htmlFor: input.id, title: `${place + 1} of 5` },
    make('span', { class: 'hidden' }, `${place + 1} ${place === 0 ? 'star' : 'stars'}`)));
  const field = make('fieldset', { class: 'stars' }, legend, ...inputs.flatMap((input, place) => [input, labels[place]]), figure);
  let shown = { value, predicted, deviation };
  let key = false;

  const paint = () => {
    const full = shown.value ?? shown.predicted ?? 0;
    field.classList.toggle('yours', shown.value !== null);
    labels.forEach((label, place) => label.style.setProperty('--part', `${Math.round(100 * Math.min(1, Math.max(0, full - place)))}%`));
    inputs.forEach((input, place) => { input.checked = shown.value !== null && Math.round(shown.value) === place + 1; });
    const sure = shown.deviation ? ` ± ${shown.deviation.toFixed(1)}` : '';
    const expected = shown.predicted === null ? '' : `${shown.predicted.toFixed(1)}${sure}`;
    figure.textContent = shown.value !== null ? 'yours' : expected;
    figure.title = shown.value !== null ? '' : expected && `expected: ${expected} of 5`;
    const about = shown.value !== null ? `you gave ${shown.value}` : expected ? `expected ${expected.replace('±', 'plus or minus')} of 5` : 'not rated';
    legend.textContent = `Your rating of ${nameOf(film)}, ${about}`;
  };
  const give = (stars) => {
    if (stars === shown.value) return;
    shown = { ...shown, value: stars };
    paint();
    rate(film, stars);
  };
  // Arrow keys pass over stars in between; only the last one becomes the rating.
  const giveCalmly = calm(350, give);
  field.addEventListener('keydown', (event) => {
    key = event.key.startsWith('Arrow');
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if ('12345'.includes(event.key)) give(Number(event.key));
    else if (['0', 'Delete', 'Backspace'].includes(event.key) && shown.value !== null) give(null);
    else return;
    event.preventDefault();
  });
  field.addEventListener('pointerdown', () => { key = false; });
  field.addEventListener('change', (event) => (key ? giveCalmly : give)(Number(event.target.value)));
  paint();
  return { field, show: (next) => { shown = { value: null, predicted: null, deviation: null, ...next }; paint(); } };
}

// A row of a list: title and year, which open the film, genres and stars.
export function filmRow(film, { open, rate, more = null }) {
  const { name, year } = splitTitle(film);
  const stars = starField(film, { rate });
  const row = make('li', { class: `film g${colorOf(film.genres ?? [])}` },
    make('div', { class: 'what' },
      make('button', { type: 'button', class: 'title', onclick: () => open(film) }, name),
      make('span', { class: 'facts' }, [year, (film.genres ?? []).slice(0, 3).join(', ')].filter(Boolean).join(' · ')),
      more),
    stars.field);
  row.show = stars.show;
  return row;
}
