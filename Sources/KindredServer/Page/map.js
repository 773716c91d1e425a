// The map of taste: items placed by similarity, and the user among them.

import { get } from './api.js';
import { $, make, isStill, shorten } from './dom.js';
import { colored, colorOf, data, genreOf, hasGenres, isRated, users } from './data.js';
import { nameOf, chip } from './films.js';
import { tellMiddle, wireGestures } from './gestures.js';
import { openFilm, sceneState } from './scene.js';

const farthest = 14;
const labelFont = (size, style = '') => `${style} ${size}px "Iowan Old Style", "Palatino Linotype", Palatino, P052, Georgia, "Liberation Serif", serif`;

export class TasteMap {
  films = [];
  isEmpty = false;
  groups = [];
  people = [];
  you = null;
  trail = [];
  view = { x: 0, y: 0, zoom: 1 };
  hovered = null;
  chosen = null;
  colors = {};

  wire() {
    this.canvas = $('canvas');
    this.front = this.canvas.getContext('2d');
    // The static layer is painted once and then copied, so that animation stays fast.
    this.still = document.createElement('canvas');
    this.pen = this.still.getContext('2d');
    this.readColors();
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { this.readColors(); this.draw(); });
    new ResizeObserver(() => this.resize()).observe($('sheet'));
    $('zoom-in').addEventListener('click', () => this.turn(() => this.zoomBy(1.6)));
    $('zoom-out').addEventListener('click', () => this.turn(() => this.zoomBy(1 / 1.6)));
    $('zoom-fit').addEventListener('click', () => this.turn(() => this.goTo({ x: 0, y: 0, zoom: 1 })));
    $('zoom-you').addEventListener('click', () => this.turn(() => this.goToYou()));
    this.canvas.addEventListener('focus', () => this.draw());
    this.canvas.addEventListener('blur', () => this.draw());
    wireGestures(this);
  }

  async load() {
    if (this.films.length === 0) $('near').textContent = 'The map is being drawn. A moment…';
    const answer = await get(['map'], { limit: 2000 });
    // The map's longer side is 2; each side is stretched to fill the sheet.
    this.stretch = ['x', 'y'].map((axis) => 1 / Math.max(1e-6, ...answer.items.map((film) => Math.abs(film[axis]))));
    // A label is isolated, so that a title from right to left is cut at its own end.
    this.films = answer.items.map((film) => ({ ...this.stretched(film), color: colorOf(film.genres), label: `\u2068${shorten(nameOf(film), 30)}\u2069` }));
    this.groups = answer.groups.map((group) => this.stretched(group));
    this.byItem = new Map(this.films.map((film) => [film.item, film]));
    this.most = Math.max(1, ...this.films.map((film) => film.ratings));
    this.you = null;
    this.goal = null;
    this.trail = [];
    // Not every model places items. Without a map the list takes its room.
    this.isEmpty = this.films.length === 0;
    document.documentElement.classList.toggle('mapless', this.isEmpty);
    this.showLegend();
    this.resize();
  }

  stretched(place) {
    return place.x === null ? place : { ...place, x: place.x * this.stretch[0], y: place.y * this.stretch[1] };
  }

  forget() {
    this.goal = null;
    this.you = null;
    this.trail = [];
    this.people = [];
  }

  // Fetches a user's position and moves the user's mark to it.
  async place(person) {
    if (this.films.length === 0) return;
    const answer = await get(['users', person, 'position'], {});
    if (person !== sceneState.person) return;
    this.people = answer.users.map((user) => this.stretched(user));
    this.showKin(answer);
    const next = answer.x === null ? null : this.stretched({ x: answer.x, y: answer.y });
    this.canvas.dataset.you = next ? `${next.x.toFixed(4)},${next.y.toFixed(4)}` : '';
    this.goal = next;
    this.among = answer.among;
    if (!next) { this.you = null; this.trail = []; this.draw(); this.showNear(); return; }
    const from = this.you;
    if (from && Math.hypot(from.x - next.x, from.y - next.y) > 1e-4) this.trail = [...this.trail, from].slice(-8);
    this.showNear(next);
    if (!from || isStill()) { this.you = next; this.draw(); return; }
    const start = performance.now();
    this.draw();
    const step = (now) => {
      const part = Math.min(1, Math.max(0, now - start) / 700);
      const eased = 1 - (1 - part) ** 3;
      if (this.step !== step) return;
      this.you = { x: from.x + (next.x - from.x) * eased, y: from.y + (next.y - from.y) * eased };
      this.present();
      if (part < 1) requestAnimationFrame(step);
    };
    this.step = step;
    requestAnimationFrame(step);
  }

  // Moves the map by a button, and says what is in its middle then.
  turn(move) {
    move();
    tellMiddle(this);
  }

  showNear(place = this.you) {
    if (!place) {
      $('near').textContent = data.writes
        ? `${isRated() ? 'Rate' : 'Choose'} a few ${data.words.items} that you like, and you appear on the map.` : '';
      return;
    }
    // Those of the list that are nearest to the user; the server tells none before three ratings.
    const near = this.among ?? [];
    if (near.length === 0) {
      $('near').textContent = data.writes
        ? `A few more ${isRated() ? 'ratings' : 'choices'}, and the map can say what you stand among.` : '';
      return;
    }
    // A mark stays with the title before it; lines break between titles.
    $('near').replaceChildren('You stand among ', ...near.flatMap((film, at) => [make('span', { class: 'one' },
      make('button', { type: 'button', class: 'title', dir: 'auto', onclick: () => openFilm(film) }, nameOf(film)),
      at === near.length - 1 ? '.' : at === near.length - 2 ? '' : ','), at === near.length - 2 ? ' and ' : ' ']));
  }

  showKin({ group, users: kin }) {
    $('group-part').hidden = !group;
    if (group) {
      $('group-size').textContent = `${users(group.size)} of like taste`;
      $('group-genres').replaceChildren(...group.genres.map(chip));
      $('group-films').replaceChildren(...group.items.map((film) => make('li', {},
        make('button', { type: 'button', class: 'title', dir: 'auto', onclick: () => openFilm(this.byItem?.get(film.item) ?? film) }, nameOf(film)))));
      this.ownGroup = group.group;
    } else { this.ownGroup = null; }
    $('people-part').hidden = kin.length === 0;
    $('people').replaceChildren(...kin.map((user) => {
      const bar = make('span', { class: 'bar' });
      bar.style.setProperty('--part', `${Math.max(0, user.score * 100).toFixed(0)}%`);
      return make('li', {}, make('span', { class: 'who', dir: 'auto' }, user.user), bar, make('span', { class: 'soft' }, `${Math.round(user.score * 100)} %`));
    }));
  }

  showLegend() {
    const used = hasGenres() ? [...new Set(this.films.map((film) => film.color))].sort((left, right) => left - right) : [];
    $('legend').replaceChildren(...used.map((color) => make('li', { class: `g${color}` }, genreOf(color))));
    this.canvas.dataset.items = this.films.length;
  }

  has(item) { return this.byItem?.has(item) ?? false; }

  // Centres the map on one film.
  show(item) {
    const film = this.byItem?.get(item);
    if (!film) return;
    this.chosen = film;
    this.goTo({ x: film.x, y: film.y, zoom: Math.max(4, this.view.zoom) });
    this.canvas.scrollIntoView({ block: 'nearest', behavior: isStill() ? 'auto' : 'smooth' });
  }

  goToYou() {
    if (this.you) this.goTo({ ...this.you, zoom: Math.max(3, this.view.zoom) });
  }

  goTo(view) {
    const from = { ...this.view };
    if (isStill()) { this.view = view; this.draw(); return; }
    const start = performance.now();
    const fly = (now) => {
      if (this.flight !== fly) return;
      const part = Math.min(1, (now - start) / 420);
      const eased = 1 - (1 - part) ** 3;
      this.view = {
        x: from.x + (view.x - from.x) * eased, y: from.y + (view.y - from.y) * eased,
        zoom: from.zoom * (view.zoom / from.zoom) ** eased,
      };
      this.draw();
      if (part < 1) requestAnimationFrame(fly);
    };
    this.flight = fly;
    requestAnimationFrame(fly);
  }

  readColors() {
    const style = getComputedStyle(document.documentElement);
    const read = (name) => style.getPropertyValue(name).trim();
    this.colors = { paper: read('--sheet'), ink: read('--ink'), soft: read('--soft'), faint: read('--rule'), accent: read('--accent'), genres: Array.from({ length: colored + 1 }, (_, at) => read(`--g${at}`)) };
  }

  resize() {
    const box = $('sheet').getBoundingClientRect();
    if (box.width === 0) return;
    const scale = Math.min(3, devicePixelRatio || 1);
    if (this.canvas.width !== Math.round(box.width * scale) || this.canvas.height !== Math.round(box.height * scale)) {
      this.canvas.width = Math.round(box.width * scale);
      this.canvas.height = Math.round(box.height * scale);
      this.still.width = this.canvas.width;
      this.still.height = this.canvas.height;
    }
    this.size = { width: box.width, height: box.height, scale };
    this.draw();
  }

  // Converts map coordinates to points of the sheet.
  get reach() {
    const { width, height } = this.size;
    return { x: this.view.zoom * (width / 2 - 34), y: this.view.zoom * (height / 2 - 34) };
  }
  toSheet({ x, y }) {
    const { width, height } = this.size;
    const reach = this.reach;
    return [width / 2 + (x - this.view.x) * reach.x, height / 2 - (y - this.view.y) * reach.y];
  }
  radius(film) {
    return (1.3 + 7 * Math.sqrt(film.ratings / this.most)) * Math.min(1.9, this.view.zoom ** 0.35) * (this.size.width < 500 ? 0.8 : 1);
  }

  draw() {
    if (!this.size || this.isDue) return;
    this.isDue = true;
    requestAnimationFrame(() => { this.isDue = false; this.paint(); });
  }

  paint() {
    const { pen, size, colors } = this;
    pen.setTransform(size.scale, 0, 0, size.scale, 0, 0);
    pen.clearRect(0, 0, size.width, size.height);
    this.paintGrid();
    const shown = this.films.map((film) => ({ film, at: this.toSheet(film), radius: this.radius(film) }))
      .filter(({ at, radius }) => at[0] > -radius && at[1] > -radius && at[0] < size.width + radius && at[1] < size.height + radius);
    this.shown = shown;
    for (const { film, at, radius } of [...shown].reverse()) {
      pen.beginPath();
      pen.arc(at[0], at[1], radius, 0, 7);
      pen.globalAlpha = 0.82;
      pen.fillStyle = colors.genres[film.color];
      pen.fill();
      pen.globalAlpha = 1;
      pen.lineWidth = 0.8;
      pen.strokeStyle = colors.paper;
      pen.stroke();
      if (sceneState.ratings.has(film.item)) this.ring(at, radius + 2.5, colors.accent, 2);
    }
    for (const mark of [this.chosen, this.hovered]) if (mark) this.ring(this.toSheet(mark), this.radius(mark) + 3, colors.ink, 1.5);
    // The zoom buttons lie over the lower right corner.
    const taken = [[size.width - 52, size.height - 180, size.width, size.height]];
    if (this.goal) {
      const [x, y] = this.toSheet(this.goal);
      taken.push([x - 12, y - 12, x + 44, y + 12]);
    }
    for (const user of this.people) {
      if (user.x === null) continue;
      const [x, y] = this.toSheet(user);
      taken.push([x - 6, y - 6, x + 6, y + 6]);
    }
    this.paintGroups(taken);
    this.paintLabels(shown, taken);
    this.present();
  }

  // Draws the static layer, then the user and similar users.
  present() {
    if (!this.size) return;
    const { front, size } = this;
    front.setTransform(1, 0, 0, 1, 0, 0);
    front.clearRect(0, 0, this.canvas.width, this.canvas.height);
    front.drawImage(this.still, 0, 0);
    front.setTransform(size.scale, 0, 0, size.scale, 0, 0);
    this.paintYou();
    if (document.activeElement === this.canvas && this.canvas.matches(':focus-visible')) this.paintCross();
  }

  ring(at, radius, color, width, pen = this.pen) {
    pen.beginPath();
    pen.arc(at[0], at[1], radius, 0, 7);
    pen.lineWidth = width;
    pen.strokeStyle = color;
    pen.stroke();
  }

  paintGrid() {
    const { pen, size } = this;
    const [x, y] = this.toSheet({ x: 0, y: 0 });
    pen.strokeStyle = this.colors.faint;
    pen.lineWidth = 1;
    // Before the sheet has a size there is nothing to draw on.
    if (this.reach.x <= 0 || this.reach.y <= 0) return;
    for (const part of [0.35, 0.7, 1.05, 1.4]) {
      pen.beginPath();
      pen.ellipse(x, y, part * this.reach.x, part * this.reach.y, 0, 0, 7);
      pen.stroke();
    }
    pen.beginPath();
    pen.moveTo(0, y); pen.lineTo(size.width, y);
    pen.moveTo(x, 0); pen.lineTo(x, size.height);
    pen.stroke();
  }

  paintCross() {
    const { front: pen, size } = this;
    pen.strokeStyle = this.colors.ink;
    pen.lineWidth = 1.5;
    pen.beginPath();
    pen.moveTo(size.width / 2 - 9, size.height / 2); pen.lineTo(size.width / 2 + 9, size.height / 2);
    pen.moveTo(size.width / 2, size.height / 2 - 9); pen.lineTo(size.width / 2, size.height / 2 + 9);
    pen.stroke();
  }

  paintYou() {
    const { front: pen, colors } = this;
    for (const user of this.people) {
      if (user.x === null) continue;
      const [x, y] = this.toSheet(user);
      pen.save();
      pen.translate(x, y);
      pen.rotate(Math.PI / 4);
      pen.strokeStyle = colors.ink;
      pen.fillStyle = colors.paper;
      pen.lineWidth = 1.4;
      pen.fillRect(-3.5, -3.5, 7, 7);
      pen.strokeRect(-3.5, -3.5, 7, 7);
      pen.restore();
    }
    if (!this.you) return;
    const at = this.toSheet(this.you);
    const way = [...this.trail.map((place) => this.toSheet(place)), at];
    for (let step = 1; step < way.length; step += 1) {
      pen.globalAlpha = 0.2 + 0.6 * (step / way.length);
      pen.strokeStyle = colors.accent;
      pen.lineWidth = 2;
      pen.setLineDash([2, 4]);
      pen.beginPath();
      pen.moveTo(...way[step - 1]);
      pen.lineTo(...way[step]);
      pen.stroke();
      pen.setLineDash([]);
      this.ring(way[step - 1], 2, colors.accent, 1.5, pen);
    }
    pen.globalAlpha = 0.16;
    pen.fillStyle = colors.accent;
    pen.beginPath();
    pen.arc(at[0], at[1], 24, 0, 7);
    pen.fill();
    pen.globalAlpha = 1;
    pen.beginPath();
    pen.arc(at[0], at[1], 7.5, 0, 7);
    pen.fill();
    this.ring(at, 7.5, colors.paper, 2.5, pen);
    pen.font = '600 14px "Helvetica Neue", Arial, "Liberation Sans", sans-serif';
    this.letter(pen, 'you', at[0] + 14, at[1] + 5, colors.accent);
  }

  paintGroups(taken) {
    if (this.view.zoom > 3) return;
    const { pen, colors, size } = this;
    const isOwn = (group) => group.group === this.ownGroup;
    // Where groups have the same name, the largest has it, or the user's own.
    const named = new Map();
    for (const group of this.groups) {
      const text = group.genres.slice(0, 2).join(' · ').toUpperCase();
      if (text && (!named.has(text) || isOwn(group))) named.set(text, group);
    }
    for (const [text, group] of [...named].sort(([, one], [, other]) => isOwn(other) - isOwn(one))) {
      const [x, y] = this.toSheet(group);
      pen.font = '600 10.5px "Helvetica Neue", Arial, "Liberation Sans", sans-serif';
      pen.letterSpacing = '0.14em';
      const width = pen.measureText(text).width;
      const left = Math.min(size.width - width - 8, Math.max(8, x - width / 2));
      // Above the middle of the group, or where no larger dot is in the way.
      const isFree = (line) => !this.shown.some(({ at, radius }) => radius > 3 && at[0] + radius > left && at[0] - radius < left + width
        && at[1] + radius > line - 10 && at[1] - radius < line + 2);
      const lines = [-14, 20, -32, 38, -50].map((shift) => y + shift);
      const places = [...lines.filter(isFree), ...(isOwn(group) ? lines : lines.slice(0, 1))];
      places.some((line) => this.write(text, left, line, isOwn(group) ? colors.accent : colors.soft, taken));
      pen.letterSpacing = '0px';
    }
  }

  // Writes labels where they fit, the most rated films first.
  paintLabels(shown, taken) {
    const { pen, size, colors } = this;
    const most = Math.round(size.width * size.height / 9000 * Math.min(1.6, this.view.zoom ** 0.3));
    let written = 0;
    const marked = ({ film }) => film === this.chosen || film === this.hovered || sceneState.ratings.has(film.item);
    for (const entry of [...shown].sort((left, right) => marked(right) - marked(left))) {
      if (written >= most) break;
      const { film, at, radius } = entry;
      const big = Math.min(15, 10.5 + 4 * Math.sqrt(film.ratings / this.most) + 0.6 * Math.log2(Math.max(1, this.view.zoom)));
      pen.font = labelFont(big, marked(entry) ? 'italic' : '');
      const width = pen.measureText(film.label).width;
      const right = at[0] + radius + 4;
      const left = at[0] - radius - 4 - width;
      const done = (right + width < size.width - 4 && this.write(film.label, right, at[1] + big * 0.34, colors.ink, taken))
        || (left > 4 && this.write(film.label, left, at[1] + big * 0.34, colors.ink, taken));
      if (done) written += 1;
    }
  }

  // Writes a label if its place is free; returns whether it was written.
  write(text, x, y, color, taken) {
    const width = this.pen.measureText(text).width;
    const box = [x - 3, y - 12, x + width + 3, y + 5];
    if (taken.some((other) => box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3])) return false;
    if (box[1] < 0 || box[3] > this.size.height) return false;
    taken.push(box);
    this.letter(this.pen, text, x, y, color);
    return true;
  }

  // Text with an outline in the paper's colour, readable over any background.
  letter(pen, text, x, y, color) {
    pen.lineJoin = 'round';
    pen.lineWidth = 3.5;
    pen.strokeStyle = this.colors.paper;
    pen.strokeText(text, x, y);
    pen.fillStyle = color;
    pen.fillText(text, x, y);
  }

  zoomBy(factor, x = this.size.width / 2, y = this.size.height / 2) {
    const zoom = Math.min(farthest, Math.max(0.8, this.view.zoom * factor));
    const before = this.fromSheet(x, y);
    this.view.zoom = zoom;
    const after = this.fromSheet(x, y);
    this.view.x += before.x - after.x;
    this.view.y += before.y - after.y;
    this.keepInSight();
    this.draw();
  }
  fromSheet(x, y) {
    const reach = this.reach;
    return { x: this.view.x + (x - this.size.width / 2) / reach.x, y: this.view.y - (y - this.size.height / 2) / reach.y };
  }
  keepInSight() {
    this.view.x = Math.min(1, Math.max(-1, this.view.x));
    this.view.y = Math.min(1, Math.max(-1, this.view.y));
  }
  moveBy(x, y) {
    const reach = this.reach;
    this.view.x -= x / reach.x;
    this.view.y += y / reach.y;
    this.keepInSight();
    this.draw();
  }
}
