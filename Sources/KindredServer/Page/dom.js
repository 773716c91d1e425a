// Elements made from data: text is only ever set as text, so a title cannot become markup.

export const $ = (id) => document.getElementById(id);

// An element with properties and children; a property is set as a DOM property where there is one, else as an attribute.
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

// Lets an action wait until nothing happened for a while.
export function calm(milliseconds, action) {
  let timer;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => action(...values), milliseconds);
  };
}

// A message that goes away by itself, with something to do about it.
export function note(text, action = null) {
  const line = make('p', {}, text);
  if (action) {
    line.append(' ', make('button', { type: 'button', class: 'quiet', onclick: () => { line.remove(); action.run(); } }, action.label));
  }
  $('notes').replaceChildren(line);
  setTimeout(() => line.remove(), 8000);
}

// Rows by key: those that stay are moved, the rest comes and goes. `update` is given the row, which is made where there is none.
export function sync(parent, values, keyOf, create, update) {
  const old = new Map([...parent.children].map((row) => [row.dataset.key, row]));
  const before = new Map([...old].map(([key, row]) => [key, row.getBoundingClientRect().top]));
  const focused = [...parent.children].findIndex((row) => row.contains(document.activeElement));
  const rows = values.map((value, index) => {
    const key = String(keyOf(value));
    const row = old.get(key) ?? create(value);
    row.dataset.key = key;
    update(row, value, index, old.has(key));
    return row;
  });
  const staying = new Set(rows);
  const loses = focused >= 0 && !staying.has(parent.children[focused]);
  for (const row of [...parent.children]) if (!staying.has(row)) row.remove();
  rows.forEach((row, index) => { if (parent.children[index] !== row) parent.insertBefore(row, parent.children[index] ?? null); });
  // Whoever works by keyboard goes on where the row was.
  if (loses) (rows[Math.min(focused, rows.length - 1)]?.querySelector('button, input') ?? parent.closest('section')?.querySelector('input, button'))?.focus();
  if (isStill() || before.size === 0) return;
  for (const row of rows) {
    const was = before.get(row.dataset.key);
    const shift = was === undefined ? null : was - row.getBoundingClientRect().top;
    if (shift === null) row.animate([{ opacity: 0, transform: 'translateX(12px)' }, { opacity: 1, transform: 'none' }], { duration: 260, easing: 'ease-out' });
    else if (Math.abs(shift) > 1) row.animate([{ transform: `translateY(${shift}px)` }, { transform: 'none' }], { duration: 320, easing: 'cubic-bezier(.2,.8,.2,1)' });
  }
}
