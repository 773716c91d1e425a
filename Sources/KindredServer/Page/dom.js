// Creates elements from data. Text is only set as text, so a title cannot become markup.

export const $ = (id) => document.getElementById(id);

// Creates an element with properties and children; a name without a DOM property is set as an attribute.
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined) continue;
    if (name === 'class') element.className = value;
    else if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name in element && name !== 'list') element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export function makeSVG(tag, attributes = {}, ...children) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

export const isStill = () => matchMedia('(prefers-reduced-motion: reduce)').matches;
export const count = (number) => Number(number).toLocaleString('en');
export const plural = (number, one, many) => `${count(number)} ${number === 1 ? one : many}`;

export const duration = (seconds) => seconds < 90 ? `${Math.round(seconds)} s` : seconds < 5400 ? `${Math.round(seconds / 60)} min`
  : seconds < 129600 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86400)} days`;

// A text of at most so many letters, cut between what a reader sees as letters.
const letters = new Intl.Segmenter();
export function shorten(text, most) {
  const all = [...letters.segment(text)];
  return all.length > most ? `${all.slice(0, most - 1).map(({ segment }) => segment).join('').trimEnd()}…` : text;
}

// Debounces an action: runs it after so many milliseconds without another call.
export function calm(milliseconds, action) {
  let timer;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => action(...values), milliseconds);
  };
}

// Shows a message for eight seconds, with a button for the action if there is one.
export function note(text, action = null) {
  const line = make('p', {}, text);
  if (action) {
    line.append(' ', make('button', { type: 'button', class: 'quiet', onclick: () => { line.remove(); action.run(); } }, action.label));
  }
  // What lies behind an open dialog takes no clicks.
  const dialog = document.querySelector('dialog[open]');
  (dialog ?? document.body).append($('notes'));
  dialog?.addEventListener('close', () => document.body.append($('notes')), { once: true });
  $('notes').replaceChildren(line);
  setTimeout(() => line.remove(), 8000);
}

// Shows a dialog; whether it was confirmed.
export async function confirmed(dialog) {
  dialog.returnValue = '';
  dialog.showModal();
  await new Promise((resolve) => { dialog.addEventListener('close', resolve, { once: true }); });
  return dialog.returnValue === 'ok';
}

// Asks before something is done; where a name is given, it has to be typed.
export async function asked(title, text, { yes, no, name = null, label = '' }) {
  const texts = { 'ask-title': title, 'ask-note': text, 'ask-label': label, 'ask-go': yes, 'ask-no': no };
  for (const [id, value] of Object.entries(texts)) $(id).textContent = value;
  $('ask-check').hidden = name === null;
  // Enter by mistake changes nothing.
  $('ask-no').toggleAttribute('autofocus', name === null);
  $('ask-name').value = '';
  $('ask-go').disabled = name !== null;
  $('ask-name').oninput = () => { $('ask-go').disabled = $('ask-name').value.trim() !== name; };
  return await confirmed($('ask')) && (name === null || $('ask-name').value.trim() === name);
}

// Asks before something is deleted; the last word says what buttons call it.
export const confirmedDrop = (title, text, name = null, it = 'it') =>
  asked(title, text, { yes: `Delete ${it}`, no: `Keep ${it}`, name, label: `Type ${name} to delete ${it}` });

// Rows that move under a pointer at rest are not what it points at. Until the pointer moves, stars under it do not
// light up, and for a moment its clicks on them are ignored. So is the second click of a double click.
const settling = 400;
const isResting = () => document.documentElement.classList.contains('rests');
let restedAt = 0;
let isTouch = false;
export function rest() {
  document.documentElement.classList.add('rests');
  restedAt = performance.now();
}

export function wirePointer() {
  let place = '';
  const moved = ({ screenX, screenY, pointerType }) => {
    isTouch = pointerType === 'touch';
    // A browser also reports moves of what is under the pointer.
    if (place === `${screenX} ${screenY}`) return;
    place = `${screenX} ${screenY}`;
    document.documentElement.classList.remove('rests');
  };
  for (const name of ['pointermove', 'pointerdown']) addEventListener(name, moved, true);
  addEventListener('click', (event) => {
    // The keyboard's clicks have no number.
    const isSettling = (isTouch || isResting()) && performance.now() - restedAt < settling;
    const isStray = event.detail > 1 || (event.detail === 1 && isSettling);
    if (!isStray || !event.target.closest('.answer, .skip-it')) return;
    event.preventDefault();
    event.stopPropagation();
  }, true);
}

// Updates the rows of a list by key: moves rows that stay, creates new ones, removes the others, and updates each row.
export function sync(parent, values, keyOf, create, update) {
  const old = new Map([...parent.children].map((row) => [row.dataset.key, row]));
  const before = new Map([...old].map(([key, row]) => [key, row.getBoundingClientRect().top]));
  const focused = [...parent.children].findIndex((row) => row.contains(document.activeElement));
  const rows = values.map((value, index) => {
    const key = String(keyOf(value));
    const row = old.get(key) ?? create(value);
    row.dataset.key = key;
    update(row, value, index);
    return row;
  });
  if (rows.length !== parent.children.length || rows.some((row, index) => row !== parent.children[index])) rest();
  const staying = new Set(rows);
  const loses = focused >= 0 && !staying.has(parent.children[focused]);
  for (const row of [...parent.children]) if (!staying.has(row)) row.remove();
  rows.forEach((row, index) => { if (parent.children[index] !== row) parent.insertBefore(row, parent.children[index] ?? null); });
  // If the focused row is removed, the keyboard focus moves to the row in its place.
  if (loses) (rows[Math.min(focused, rows.length - 1)]?.querySelector('button, input') ?? parent.closest('section')?.querySelector('input, button'))?.focus();
  if (isStill() || before.size === 0) return;
  for (const row of rows) {
    const was = before.get(row.dataset.key);
    const shift = was === undefined ? null : was - row.getBoundingClientRect().top;
    if (shift === null) row.animate([{ opacity: 0, transform: 'translateX(12px)' }, { opacity: 1, transform: 'none' }], { duration: 260, easing: 'ease-out' });
    else if (Math.abs(shift) > 1) row.animate([{ transform: `translateY(${shift}px)` }, { transform: 'none' }], { duration: 320, easing: 'cubic-bezier(.2,.8,.2,1)' });
  }
}
