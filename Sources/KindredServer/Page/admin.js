// The operator's view of the data: what the store holds, import of files, the words of the page, and keys.

import { get, hasKey, patch, post, put, remove, sendFile, useKey } from './api.js';
import { $, asked, calm, confirmed, confirmedDrop, duration, make, makeSVG, count, note, plural } from './dom.js';
import { nameOf, reasonOf } from './films.js';
import { follow } from './models.js';
import { areDeleted, capital, data, events, givenBy, isRated, items, readData, users } from './data.js';

let begun = () => {};
// Called after a change of an item.
let touched = () => {};
// Called with a user who was deleted, and how much they gave.
let forgotten = async () => {};
let upload = null;
let job = null;

export function wireData(action, onItemChange, onDeletion) {
  [begun, touched, forgotten] = [action, onItemChange, onDeletion];
  const form = $('import-form');
  for (const name of ['dragover', 'dragleave', 'drop']) {
    form.addEventListener(name, (event) => {
      event.preventDefault();
      form.classList.toggle('over', name === 'dragover');
    });
  }
  form.addEventListener('drop', (event) => take([...event.dataTransfer.files]));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    read().catch(failed);
  });
  $('import-cancel').addEventListener('click', cancel);
  // What was proposed for one file is not for the next.
  $('import-ratings').addEventListener('change', () => {
    if ($('import-columns').value === proposed) $('import-columns').value = '';
  });
  $('add-item').addEventListener('click', () => edit(null).catch((error) => note(error.message)));
  $('edit-id').addEventListener('input', checkID);
  $('records-find').addEventListener('input', calm(120, () => showRecords().catch((error) => note(error.message))));
  $('new-key').addEventListener('submit', (event) => {
    event.preventDefault();
    makeKey().catch((error) => note(error.message));
  });
  $('words-form').addEventListener('submit', async (event) => {
    event.preventDefault();
    const words = Object.fromEntries(new FormData($('words-form')));
    try {
      await patch(['data'], { words });
      await begun();
      await showData();
      note('The page uses these words now.');
    } catch (error) { note(error.message); }
  });
}

// Dropped files; the server says what each of them holds.
function take(files) {
  if (files.length === 0) return;
  if (files.length > 2) {
    $('import-status').textContent = 'Drop two files at most: one of ratings, purchases or views, and one of titles.';
    return;
  }
  for (const id of fileFields) $(id).value = '';
  $('import-ratings').dispatchEvent(new Event('change'));
  read(files).catch(failed);
}

// Shows dropped files in the fields of what they were taken for.
const fileFields = ['import-ratings', 'import-items'];
function place(dropped, names) {
  names.forEach((name, at) => {
    const transfer = new DataTransfer();
    for (const file of dropped) if (file.name === name) transfer.items.add(file);
    $(fileFields[at]).files = transfer.files;
  });
}

function failed(error) {
  waitFor(null);
  if (error.name === 'AbortError') { $('import-status').textContent = 'The import is cancelled; nothing of it is kept.'; return; }
  $('import-status').textContent = error.message;
}

// Shows that something is under way, and how much of it is done.
function waitFor(text, part = null) {
  $('import-progress').hidden = text === null;
  if (part === null) $('import-progress').removeAttribute('value'); else $('import-progress').value = part;
  $('import-cancel').hidden = text === null;
  $('import-read').disabled = text !== null;
  if (text !== null) $('import-status').textContent = text;
}

async function cancel() {
  upload?.abort();
  if (job) await remove(['imports', job]).catch(() => {});
  job = null;
  $('import-preview').replaceChildren();
  failed(new DOMException('', 'AbortError'));
}

// Sends the files that were dropped, or else chosen, and shows how they were understood.
async function read(dropped = []) {
  const chosen = dropped.length > 0 ? dropped.map((file) => [null, file])
    : [['ratings', $('import-ratings').files[0]], ['items', $('import-items').files[0]]].filter(([, file]) => file);
  $('import-preview').replaceChildren();
  if (chosen.length === 0) { $('import-status').textContent = 'Choose a file first.'; return; }
  if (job) await remove(['imports', job]).catch(() => {});
  job = null;
  upload = new AbortController();
  waitFor('The files are being sent…', 0);
  let made;
  for (const [role, file] of chosen) {
    made = await sendFile(['imports'], { role, name: file.name, import: job }, file, (sent, all) =>
      waitFor(`${file.name}: ${(sent / 1e6).toFixed(1)} of ${(all / 1e6).toFixed(1)} MB sent`, all ? sent / all : null), upload.signal);
    job = made.import;
  }
  waitFor('The files are being read…');
  const [kind, columns] = ['import-kind', 'import-columns'].map((id) => $(id).value.trim());
  await post(['imports', job, 'read'], { ...(kind && { kind }), ...(columns && { columns }) });
  const state = await until((one) => one.state !== 'reading');
  waitFor(null);
  if (dropped.length > 0) place(dropped, [state.file, state.title_file]);
  if (state.state === 'failed') {
    job = null;
    offerColumns(state.error);
    return;
  }
  showPreview(state);
}

// Shows why files could not be read. Columns that the server proposes are filled in, to be corrected.
let proposed = null;
function offerColumns(error) {
  const rest = error.split('--columns ')[1]?.split(/;|, or /)[0].replace(/\.?\s*$/, '');
  proposed = rest && /^\w+=[^=]+(,\w+=[^=]+)*$/.test(rest) ? rest : null;
  $('import-status').textContent = error.replaceAll('--columns ', '');
  if (!proposed) return;
  if (!$('import-columns').value) $('import-columns').value = proposed;
  $('import-columns').focus();
}

async function until(isOver) {
  for (;;) {
    const own = job;
    if (!own) throw new DOMException('', 'AbortError');
    const state = await get(['imports', own]);
    if (isOver(state)) return state;
    if (state.state === 'writing' && state.total > 0) waitFor(`${count(state.done)} of ${count(state.total)} rows written`, state.done / state.total);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

// The rows and items of an import, as far as there are any.
const contentOf = ({ rows, titles, file }) => [...(file || titles === 0 ? [plural(rows, 'row', 'rows')] : []),
  ...(titles > 0 ? [items(titles)] : [])].join(' and ');

function showPreview(state) {
  const left = state.rejected > 0 ? `, ${plural(state.rejected, 'bad row', 'bad rows')} left out` : '';
  $('import-status').textContent = `${contentOf(state)} read${left}.`;
  const parts = [];
  const taken = [[state.file, 'ratings, purchases or views', state.columns],
    [state.title_file, 'titles', state.title_columns]];
  for (const [file, content, columns] of taken) {
    if (file) parts.push(make('p', {}, `${file} is taken for ${content}${columns ? `: ${columns}` : ''}.`));
  }
  for (const remark of state.remarks) parts.push(make('p', { class: 'soft small' }, remark));
  if (state.rejected > 0) {
    const all = state.rejected > state.rejections.length ? 'The first bad rows:' : 'Bad rows:';
    parts.push(make('p', { class: 'soft small' }, all),
      make('ul', { class: 'plain soft small' }, ...state.rejections.map((text) => make('li', {}, text))));
  }
  if (state.sample.length > 0) {
    parts.push(make('div', { class: 'scroll', tabIndex: 0, role: 'region', 'aria-label': 'The first rows' }, make('table', {},
      make('thead', {}, make('tr', {}, ...[capital(data.words.user), capital(data.words.item), 'Kind', 'Value', 'Time']
        .map((name) => make('th', { scope: 'col' }, name)))),
      make('tbody', {}, ...state.sample.map((row) => make('tr', {},
        ...[row.user, row.title ?? row.item, row.kind, row.value, row.time === null ? '–' : day(row.time)]
          .map((cell) => make('td', {}, String(cell)))))))));
  }
  parts.push(make('p', { class: 'actions' }, make('button', { type: 'button', class: 'main', id: 'import-go', onclick: () => write().catch(failed) }, 'Import these rows'),
    make('button', { type: 'button', class: 'quiet', onclick: cancel }, 'Leave them')));
  $('import-preview').replaceChildren(...parts);
}

async function write() {
  $('import-preview').replaceChildren();
  waitFor('The rows are being written…', 0);
  await post(['imports', job, 'write'], {});
  const state = await until((one) => one.state === 'done' || one.state === 'failed');
  waitFor(null);
  job = null;
  if (state.state === 'failed') { $('import-status').textContent = `${state.error} Nothing of the import is kept.`; return; }
  const training = 'The training of the first model began; lists show what is popular until it ends.';
  $('import-status').textContent = `${contentOf(state)} imported. ${state.training ? training : ''}`;
  await begun();
  await showData();
}

export async function showData() {
  await readData();
  // This view is for those who may change something.
  if (!data.writes) { location.hash = 'rate'; return; }
  const isEmpty = data.ratings === 0 && data.items === 0;
  $('overview-part').hidden = isEmpty;
  $('import-kind').defaultValue = isEmpty || data.kind === 'rating' ? '' : data.kind;
  $('data-lead').textContent = isEmpty ? 'This store is empty. Import a file to begin.'
    : `${users(data.users)}, ${items(data.items)}, ${events(data.ratings)}.`;
  $('records-title').textContent = `${capital(data.words.items)} and ${data.words.users}`;
  $('add-item').textContent = `New ${data.words.item}…`;
  $('records-find').placeholder = `Words of one ${data.words.item}, or the id of one ${data.words.user}…`;
  const rows = [[capital(data.words.users), count(data.users)],
    [capital(data.words.items), count(data.items) + (data.hidden ? `, ${count(data.hidden)} hidden` : '')],
    ...data.kinds.map(({ kind, count: number }) => [`Kind “${kind}”`, count(number)]),
    ...(isEmpty ? [] : [[`${capital(data.words.users)} give`, scaleText()]]),
    ['Genres', data.genres.length ? count(data.genres.length) : 'none'], ['Model', data.model ?? 'none yet']];
  $('holds').replaceChildren(...rows.flatMap(([name, value]) => [make('dt', {}, name), make('dd', {}, value)]));
  const most = Math.max(1, ...data.values.map((one) => one.count));
  $('histogram').replaceChildren(...(data.values.length > 1 && data.values.length <= 40 ? data.values.map((one) => {
    const bar = make('span', { class: 'bar' });
    bar.style.setProperty('--part', `${(100 * one.count / most).toFixed(1)}%`);
    return make('p', { class: 'bin' }, make('span', {}, String(one.value)), bar, make('span', { class: 'soft' }, count(one.count)));
  }) : []));
  const shown = data.values.reduce((total, one) => total + one.count, 0);
  const all = data.kinds.find(({ kind }) => kind === data.kind)?.count ?? shown;
  if (shown < all && $('histogram').children.length > 0)
    $('histogram').append(make('p', { class: 'soft small' }, `Of ${count(shown)} of the ${count(all)}.`));
  for (const [name, word] of Object.entries(data.words)) $('words-form').elements.namedItem(name).value = word;
  follow().catch(() => {});
  await Promise.all([showKeys(), showOverview()]);
}

function scaleText() {
  if (!isRated()) return 'likes';
  const { least, greatest, step } = data.scale;
  return `ratings from ${least} to ${greatest}${step ? `, in steps of ${step}` : ''}`;
}

const day = (seconds) => new Date(seconds * 1000).toLocaleDateString('en', { dateStyle: 'medium' });

// One row of bars per figure, the oldest first.
async function showOverview() {
  const overview = await get(['overview']);
  const sum = (name) => overview.steps.reduce((total, step) => total + step[name], 0);
  const [lists, personal] = [sum('lists'), sum('personal')];
  const time = (milliseconds) => milliseconds === null ? '–'
    : `${milliseconds < 10 ? milliseconds.toFixed(1) : count(Math.round(milliseconds))} ms`;
  await showAge(overview);
  const figures = [
    ['Lists', count(lists), (step) => step.lists],
    [`Made for one ${data.words.user}`,
      lists ? `${Math.round(100 * personal / lists)} %` : '–', (step) => step.personal],
    [isRated() ? 'Ratings' : 'Events', count(sum('ratings')), (step) => step.ratings],
    ['Time of a list, median', time(overview.p50_ms), (step) => step.p50_ms ?? 0],
    ['Time of a list, 99 % within', time(overview.p99_ms), (step) => step.p99_ms ?? 0],
    ['Requests refused', count(sum('refused')), (step) => step.refused],
    ['Server errors', count(sum('errors')), (step) => step.errors],
  ];
  $('overview').replaceChildren(...figures.map(([name, value, pick]) => {
    const values = overview.steps.map(pick);
    const most = Math.max(1e-9, ...values);
    const svg = makeSVG('svg', { viewBox: `0 0 ${values.length} 24`, preserveAspectRatio: 'none', 'aria-hidden': 'true' },
      ...values.map((one, at) => makeSVG('rect', { x: at, y: 24 - 24 * one / most, width: 0.8, height: 24 * one / most })));
    return make('figure', {}, make('figcaption', {}, name, make('b', {}, value)), svg);
  }));
}

// What answers, how old it is, and what came since.
async function showAge({ model: name, model_made: made, new_ratings: since }) {
  if (name === null) { $('overview-model').textContent = 'There is no model yet.'; return; }
  const model = await get(['models', name]).catch(() => null);
  const figures = [['ndcg@10', 'NDCG@10'], ['rmse', 'RMSE']].filter(([key]) => Number.isFinite(model?.metrics[key]))
    .map(([key, title]) => `, ${title} ${model.metrics[key].toFixed(4)}`).join('');
  const age = made === null ? '' : ` is ${duration(Math.max(0, Date.now() / 1000 - made))} old`;
  const what = model ? `: ${model.algorithms.join(' and ')}, trained on ${events(model.ratings)}${figures}` : '';
  $('overview-model').textContent =
    `Model ${name}${age}${what}. ${events(since)} came since the last training, as far as this server saw.`;
}

// Items that words find, and the user whose id it is, with what an operator does to them.
async function showRecords() {
  const query = $('records-find').value.trim();
  if (!query) { $('records').replaceChildren(); $('records-status').textContent = ''; return; }
  const [found, { ratings }] = await Promise.all([
    get(['items'], { query, limit: 12 }), get(['users', query, 'ratings'], { limit: 1 }),
  ]);
  // Most queries are no user's id. Asking for a user who is not there is an error in the browser's console.
  const user = ratings.length > 0 || found.total === 0 ? await get(['users', query]).catch(() => null) : null;
  if (query !== $('records-find').value.trim()) return;
  const most = found.items.length < found.total ? `${count(found.items.length)} of ${items(found.total)}`
    : items(found.total);
  $('records-status').textContent = found.total > 0 ? `${most}${user ? ` and one ${data.words.user}` : ''}`
    : user ? `One ${data.words.user}` : `No ${data.words.item} has these words, and no ${data.words.user} this id.`;
  const button = (text, label, action, kind = 'quiet') => make('button', { type: 'button', class: kind, 'aria-label': `${text} ${label}`, onclick: async () => {
    try { await action(); } catch (error) { note(error.message); }
    await showRecords();
  } }, text);
  const about = (name, text) =>
    make('span', {}, make('b', {}, name), make('span', { class: 'soft small' }, ` ${text}`));
  const rows = found.items.map((item) => make('li', {},
    about(nameOf(item), `${item.item}, ${givenBy(item.ratings)}${item.hidden ? ', hidden' : ''}`),
    make('span', { class: 'does' }, button('Edit', nameOf(item), () => edit(item)),
      button(item.hidden ? 'Show' : 'Hide', nameOf(item), async () => {
        await patch(['items', item.item], { hidden: !item.hidden });
        touched();
        note(`${nameOf(item)} is ${item.hidden ? 'in lists again' : 'in no list from now on'}.`);
      }),
      button('Delete', nameOf(item), async () => {
        const text = `This cannot be undone. It was ${givenBy(item.ratings)}, which is deleted with it.`;
        if (!await confirmedDrop(`Delete ${nameOf(item)}?`, text, item.item)) return;
        await remove(['items', item.item]);
        touched();
        await showData();
      }, 'quiet danger'))));
  if (user) {
    const all = user.ratings > 0 ? events(user.ratings) : '';
    const seen = user.last === null ? '' : `, the last ${day(user.last)}`;
    const facts = about(user.user, `${events(user.ratings)}${seen}`);
    const look = make('div', { class: 'look', hidden: true });
    const open = make('button', { type: 'button', class: 'quiet', 'aria-expanded': false, onclick: () => {
      look.hidden = !look.hidden;
      open.setAttribute('aria-expanded', !look.hidden);
      if (!look.hidden) lookAt(user.user, look).catch((error) => note(error.message));
    } }, 'What they see');
    rows.unshift(make('li', {}, facts, make('span', { class: 'does' }, open, button('Delete', user.user, async () => {
      const text = 'This cannot be undone. The store and every model that is kept lose what there is of them.';
      const title = all ? `Delete the ${all} of ${user.user}?` : `Delete ${user.user}?`;
      if (!await confirmedDrop(title, text, user.user, user.ratings > 1 ? 'them' : 'it')) return;
      const { ratings } = await (await remove(['users', user.user])).json();
      $('records').replaceChildren();
      await forgotten(user.user, ratings);
      await showData();
      note(ratings > 0 ? areDeleted(ratings, user.user, events) : `${user.user} is deleted.`);
    }, 'quiet danger')), look));
  }
  $('records').replaceChildren(...rows);
}

// What a user gave last, and the list that they get.
async function lookAt(user, place) {
  const [{ ratings }, { items: list }] = await Promise.all([
    get(['users', user, 'ratings'], { limit: 20 }),
    get(['users', user, 'recommendations'], { limit: 10, explain: true }),
  ]);
  const part = (title, rows) => make('section', {}, make('h3', {}, title), make('ol', { class: 'plain' }, ...rows));
  place.replaceChildren(
    part(isRated() ? 'Rated last' : 'Chosen last', ratings.map((one) => make('li', {}, nameOf(one), ' ',
      make('span', { class: 'soft small' }, isRated() ? String(one.value) : one.kind)))),
    part('Next for them', list.map((one) => make('li', {}, nameOf(one),
      make('span', { class: 'soft small why' }, ...reasonOf(one, false))))));
}

// Asks for the title and the genres of an item, and for the id of a new one.
async function edit(item) {
  $('edit-title').textContent = item ? `Edit ${nameOf(item)}` : `New ${data.words.item}`;
  $('edit-new').hidden = $('edit-id').disabled = item !== null;
  $('edit-id').value = '';
  checkID();
  $('edit-name').value = item?.title ?? '';
  $('edit-genres').value = item?.genres.join(', ') ?? '';
  if (!await confirmed($('edit'))) return;
  const genres = $('edit-genres').value.split(',').map((genre) => genre.trim()).filter(Boolean);
  const body = { title: $('edit-name').value.trim() || null, genres };
  if (item) await patch(['items', item.item], body); else await add($('edit-id').value.trim(), body);
  touched();
  note(item ? 'The change is kept.' : `${body.title ?? $('edit-id').value.trim()} is added.`);
}

const checkID = () => $('edit-id').setCustomValidity($('edit-id').value.trim() ? '' : 'The id must not be empty.');

// Adds an item, unless there is one of this id, and shows it.
async function add(id, body) {
  const { items: alike } = await get(['items'], { query: id, limit: 1000 });
  if (alike.some(({ item }) => item === id)) throw new Error(`The id ${id} is taken. Find it here to edit it.`);
  await put(['items', id], body);
  $('records-find').value = id;
  await Promise.all([showRecords(), showData()]);
}

// Makes a key and shows its text, this once.
async function makeKey() {
  const [label, role] = ['label', 'role'].map((name) => $('new-key').elements[name].value);
  const isFirst = !hasKey();
  const { key } = await post(['keys'], label.trim() ? { role, label: label.trim() } : { role });
  // From the first key on the server asks for one.
  if (isFirst) useKey(key);
  $('new-key').reset();
  $('new-key-made').replaceChildren(
    isFirst ? 'Your own key, which may change everything. This tab uses it until you close it. It is not shown again: '
      : 'The new key, which is not shown again: ',
    make('code', {}, key), ' ', make('button', { type: 'button', class: 'quiet', onclick: async () => {
      await navigator.clipboard.writeText(key)
        .then(() => note('The key is copied.'), () => note('Select the key and copy it.'));
    } }, 'Copy'));
  $('new-key-made').hidden = false;
  await showKeys();
}

async function showKeys() {
  const { keys } = await get(['keys']);
  const isFirst = keys.length === 0;
  $('keys-note').textContent = isFirst
    ? 'This server has no keys: it answers this machine alone. The first key may change everything, and from then on the server asks for one.' : '';
  // The first key must be an admin's.
  const role = $('new-key').elements.role;
  role.value = isFirst ? 'admin' : 'read-only';
  role.disabled = isFirst;
  $('new-key').elements.label.placeholder = isFirst ? 'me' : 'shop';
  $('keys').replaceChildren(...keys.map((key) => make('li', {},
    make('b', {}, key.label), ` may ${key.role === 'admin' ? 'read and change' : 'read'}, made ${day(key.made)} `,
    make('button', { type: 'button', class: 'quiet danger', 'aria-label': `Revoke key ${key.label}`,
      onclick: async () => {
      const text = 'Programs that use it are refused at once, and it cannot be brought back.';
      if (!await asked(`Revoke the key “${key.label}”?`, text, { yes: 'Revoke it', no: 'Keep it' })) return;
      try { await remove(['keys', key.key]); note('The key is revoked.'); } catch (error) { note(error.message); }
      await showKeys();
    } }, 'Revoke'))));
}
