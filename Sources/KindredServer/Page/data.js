// What the server's data are: the words for items and users, how users answer, and the colours of genres.

import { get } from './api.js';
import { plural } from './dom.js';

export const data = {
  words: { item: 'item', items: 'items', user: 'user', users: 'users' },
  feedback: 'ratings', kind: 'rating', scale: null, genres: [], values: [], kinds: [],
  users: 0, items: 0, ratings: 0, writes: true, known: false,
};

export async function readData() {
  Object.assign(data, await get(['data']), { known: true });
  for (const { genre } of data.genres) if (!rank.has(genre)) rank.set(genre, rank.size);
  document.documentElement.classList.toggle('reads', !data.writes);
  document.documentElement.classList.toggle('likes', !isRated());
  return data;
}

export const isRated = () => data.feedback === 'ratings';
export const items = (number) => plural(number, data.words.item, data.words.items);
export const users = (number) => plural(number, data.words.user, data.words.users);
// What the data hold: ratings, or events where users give none; the words may say which.
export function events(number, which = '') {
  const one = isRated() ? 'rating' : 'event';
  return plural(number, `${which}${one}`, `${which}${one}s`);
}
// What a visitor gives: ratings, or choices where users give none.
export const given = (number) => isRated() ? plural(number, 'rating', 'ratings') : plural(number, 'choice', 'choices');
export const givenBy = (number) => `${isRated() ? 'rated' : 'chosen'} by ${users(number)}`;
export const areDeleted = (number, name, called = given) =>
  `The ${called(number)} of ${name} ${number === 1 ? 'is' : 'are'} deleted; nothing is left.`;
export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

// The most frequent genres have colours of their own; the others share the last one. A genre keeps its colour until
// the page is loaded again, also when another becomes more frequent.
const rank = new Map();
export const colored = 11;
export const colorOfGenre = (genre) => Math.min(rank.get(genre) ?? colored, colored);
// An item has the colour of its rarest genre that has one: frequent genres say least.
export function colorOf(genres) {
  const own = genres.map(colorOfGenre).filter((color) => color < colored);
  return own.length === 0 ? colored : Math.max(...own);
}
export const hasGenres = () => data.genres.some(({ genre }) => isName(genre));
export const isName = (genre) => !/^unknown$|^\(no /.test(genre);
export const genreOf = (color) => color < colored ? [...rank.keys()][color] : 'Other';

// The ratings that a user can give, as positions of stars; null where the scale fits no stars, and a slider takes them.
export function starPositions() {
  const { least, greatest, step } = data.scale ?? { least: 1, greatest: 5, step: 1 };
  const isStep = step === 1 || step === 0.5;
  if (!isStep || !Number.isInteger(greatest) || greatest > 10 || least <= 0 || least > 1 || greatest < 2) return null;
  return Array.from({ length: Math.round((greatest - least) / step) + 1 }, (_, place) => least + place * step);
}
export const greatest = () => data.scale?.greatest ?? 5;
