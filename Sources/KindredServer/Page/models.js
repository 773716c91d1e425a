// The view of models: training, learning curves, metrics, and the choice of the current model.

import { get, listen, post, put, remove } from './api.js';
import { compareWith, offerModels, wireCompare } from './compare.js';
import { data, events, isRated, readData } from './data.js';
import { $, confirmedDrop, make, makeSVG, count, duration, note } from './dom.js';

// What the algorithms are called here; one without a name of its own is called as the server does.
const names = {
  blend: 'Blend, the default', 'implicit-als': 'Implicit ALS', ease: 'EASE', 'next-item': 'Next item', 'graph-filter': 'Graph filter',
  'item-knn': 'Item neighbours', sgd: 'SGD on ratings', als: 'ALS on ratings', bayesian: 'Bayesian factors', popularity: 'What is popular',
  'recent-popularity': 'What is popular of late', bias: 'Biases of ratings', mean: 'Mean ratings',
};
const choiceName = 'kindred.algorithm';
let algorithms = [];
let changed = () => {};
let training = null;
// The models in the history, and the one whose figures are shown: the current one, unless another one was chosen.
const shown = { models: [], chosen: null };

export function wireModels(action) {
  changed = action;
  wireCompare();
  $('algorithm').addEventListener('change', () => {
    sessionStorage.setItem(choiceName, $('algorithm').value);
    showSettings();
  });
  $('cancel').addEventListener('click', async () => {
    try { await remove(['train']); } catch (error) { note(error.message); }
  });
  $('train-form').addEventListener('submit', async (event) => {
    event.preventDefault();
    const settings = Object.fromEntries([...$('settings').querySelectorAll('input'), $('budget')]
      .filter((field) => field.name && field.value.trim()).map((field) => [field.name, field.value.trim()]));
    try {
      await training;
      $('train-status').textContent = 'The training begins…';
      await post(['train'], { algorithm: $('algorithm').value, settings }).catch((error) => {
        if (error.code !== 'training_under_way') throw error;
      });
      await follow(true);
    } catch (error) {
      $('train-status').replaceChildren(make('span', { class: 'wrong' }, error.message));
      $('settings-part').open ||= error.code === 'invalid_setting';
    }
  });
}

// Offers the algorithms that suit the data.
function offerAlgorithms(known) {
  if (JSON.stringify(algorithms) === JSON.stringify(known)) return;
  algorithms = known;
  $('algorithm').replaceChildren(...known.map(({ algorithm }) => make('option', { value: algorithm }, names[algorithm] ?? algorithm)));
  // The choice of this tab survives a reload.
  const chosen = sessionStorage.getItem(choiceName);
  if (known.some(({ algorithm }) => algorithm === chosen)) $('algorithm').value = chosen;
  showSettings();
}

// The settings of the chosen algorithm; a field that is left empty keeps the default, which it shows.
function showSettings() {
  const { budget, ...settings } = algorithms.find((one) => one.algorithm === $('algorithm').value)?.settings ?? {};
  $('budget-part').hidden = budget === undefined;
  Object.assign($('budget'), { name: budget === undefined ? '' : 'budget', placeholder: budget === undefined ? '' : Number(budget), value: '' });
  $('settings-part').hidden = Object.keys(settings).length === 0;
  $('settings').replaceChildren(...Object.entries(settings).map(([name, value]) =>
    make('label', {}, name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`), make('input', { name, placeholder: value, autocomplete: 'off', spellcheck: false }))));
}

// Shows the view, and follows a running training.
export async function showModels() {
  const [{ models, algorithms: known }] = await Promise.all([get(['models']), data.known ? null : readData()]);
  offerAlgorithms(known);
  showHistory(models);
  if (!training) follow().catch(() => {});
}

// Listens to the training that runs, or to what is left of the last one, which comes at once.
export function follow(isRunning = false) {
  training ??= listenToTraining(isRunning).finally(() => { training = null; });
  return training;
}

async function listenToTraining(isRunning) {
  const known = new Set(shown.models.map(({ model }) => model));
  const curves = { title: 'The training under way', all: new Map() };
  let last = null;
  const begin = () => {
    isRunning = true;
    $('train').disabled = true;
    $('cancel').hidden = false;
    if (last?.name === 'progress') say(last.data); else $('train-status').textContent = 'A training is under way…';
    drawSoon(curves);
  };
  if (isRunning) begin();
  const opening = isRunning ? null : setTimeout(begin, 400);
  const clock = setInterval(tick, 1000);
  try {
    await listen(['train'], (name, data) => {
      last = { name, data };
      if (name !== 'progress') return;
      addPoint(curves.all, data);
      if (!isRunning) return;
      say(data);
      drawSoon(curves);
    });
  } finally {
    told = null;
    clearInterval(clock);
    clearTimeout(opening);
    $('train').disabled = false;
    $('cancel').hidden = $('train-progress').hidden = true;
    $('train-left').textContent = '';
  }
  await showEnd(last, curves, isRunning && !known.has(last?.data.model));
}

// Says what became of a training, if no other one made a model since.
async function showEnd(last, curves, isFresh) {
  const { name, data: end } = last ?? {};
  const isNew = name === 'done' && isFresh;
  if (isNew) {
    shown.chosen = end.model;
    showHistory((await get(['models'])).models);
  }
  const isLast = name === 'failed' || (name === 'done' && shown.models[0]?.model === end.model);
  if (!isLast) curves.all.clear();
  curves.title = name === 'done' ? `The training of model ${end.model}` : 'The training that made no model';
  drawCurves(curves);
  $('train-status').textContent = !isLast ? 'Nothing is under way.'
    : name === 'failed' ? (end.cancelled ? 'The training was given up.' : `The last training failed: ${end.error}`)
      : became(end, shown.models[0].current);
  if (isNew) await changed();
}

function became({ model, reason }, isCurrent) {
  if (isCurrent) return `Model ${model} is made, and answers from now on.`;
  return `Model ${model} is made${reason ? `, and does not take over: ${reason}` : ''}.`;
}

const stageNames = {
  validating: 'on a part, to measure', choosing: 'choosing settings', training: 'on everything',
  comparing: 'the current model is measured too, to compare',
};
// What the server told last of the running training, and when, and how much is shown as done.
let told = null;
function say(step) {
  const done = told?.step.training === step.training ? told.done : 0;
  told = { step, at: performance.now(), done };
  const text = `${step.algorithm}, ${stageNames[step.stage] ?? step.stage}`;
  if ($('train-status').textContent !== text) $('train-status').textContent = text;
  $('train-progress').hidden = false;
  tick();
}

// Moves the bar, never back. Without news the time left falls ever more slowly, so that the bar claims no end that has
// not come.
function tick() {
  if (!told) return;
  const { step, at } = told;
  const whole = step.seconds_left ?? 0;
  const left = whole > 0 ? whole ** 2 / (whole + (performance.now() - at) / 1000) : 0;
  told.done = Math.max(told.done, Math.min(0.99, whole > 0 ? 1 - (1 - step.fraction) * left / whole : step.fraction));
  $('train-progress').value = told.done;
  // How long the measuring takes behind the last epoch is not known.
  const isMeasuring = ['validating', 'comparing'].includes(step.stage) && step.epoch >= step.epochs
    && performance.now() - at > 1500;
  $('train-left').textContent = isMeasuring ? 'Measuring what was trained on a part…'
    : `${Math.floor(100 * told.done)} % done. ${left >= 1 ? `About ${duration(left)} left in all.` : ''}`;
}

function addPoint(curves, data) {
  const own = curves.get(data.algorithm) ?? { algorithm: data.algorithm, runs: [] };
  curves.set(data.algorithm, own);
  let run = own.runs.at(-1);
  if (!run || run.stage !== data.stage || data.epoch <= run.points.at(-1).epoch) {
    run = { stage: data.stage, points: [] };
    own.runs.push(run);
  }
  run.points.push({ epoch: data.epoch, loss: data.loss, error: data.validation_rmse });
}

let isDue = false;
function drawSoon(curves) {
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(() => { isDue = false; drawCurves(curves); });
}

// One small figure per algorithm: the loss of each run, and the error on unseen ratings if measured.
function drawCurves({ title, all }) {
  $('curves').replaceChildren(...(all.size > 0 ? [make('h3', {}, title)] : []), ...[...all.values()].map(curveFigure));
}

const [wide, high, edge] = [420, 190, { left: 46, right: 12, top: 10, bottom: 26 }];
function curveFigure({ algorithm, runs }) {
  const points = runs.flatMap((run) => run.points);
  const numbers = points.flatMap((point) => [point.loss, point.error]).filter((value) => Number.isFinite(value));
  if (numbers.length === 0) return make('figure', {}, make('figcaption', {}, make('b', {}, algorithm), 'is made without a loss to show'));
  let [least, most] = [Math.min(...numbers), Math.max(...numbers)];
  // What is computed in closed form has no curve.
  if (!(most > least)) return make('figure', {}, make('figcaption', {}, make('b', {}, algorithm), 'is made without a loss to show'));
  const longest = Math.max(2, ...points.map((point) => point.epoch));
  const x = (epoch) => edge.left + (wide - edge.left - edge.right) * (epoch - 1) / (longest - 1);
  const y = (value) => high - edge.bottom - (high - edge.top - edge.bottom) * (value - least) / (most - least);
  const line = (part, pick, kind) => {
    const at = part.filter((point) => Number.isFinite(pick(point)));
    if (at.length === 0) return [];
    const end = at.at(-1);
    return [makeSVG('polyline', { class: kind, points: at.map((point) => `${x(point.epoch).toFixed(1)},${y(pick(point)).toFixed(1)}`).join(' ') }),
      makeSVG('circle', { class: kind, cx: x(end.epoch), cy: y(pick(end)), r: 3 })];
  };
  const marks = [least, (least + most) / 2, most].map((value) => [
    makeSVG('line', { class: 'grid', x1: edge.left, x2: wide - edge.right, y1: y(value), y2: y(value) }),
    makeSVG('text', { x: edge.left - 7, y: y(value) + 4, 'text-anchor': 'end' }, figure(value)),
  ]).flat();
  const end = runs.at(-1).points.at(-1);
  const hasErrors = points.some((point) => Number.isFinite(point.error));
  const summary = `${algorithm}: loss ${figure(end.loss)} after ${end.epoch} epochs`;
  return make('figure', {}, make('figcaption', {}, make('b', {}, algorithm),
    make('span', { class: 'key loss' }, 'loss'), hasErrors ? make('span', { class: 'key error' }, 'error on unseen ratings') : null),
  makeSVG('svg', { viewBox: `0 0 ${wide} ${high}`, role: 'img', 'aria-label': summary }, ...marks,
    makeSVG('text', { x: edge.left, y: high - 6 }, 'epoch 1'),
    makeSVG('text', { x: wide - edge.right, y: high - 6, 'text-anchor': 'end' }, count(longest)),
    ...runs.flatMap((run, at) => [
      ...line(run.points, (point) => point.loss, `loss${at < runs.length - 1 ? ' old' : ''}`),
      ...line(run.points, (point) => point.error, 'error'),
    ])));
}

const figure = (value) => !Number.isFinite(value) ? '–' : Math.abs(value) >= 1000 ? count(Math.round(value)) : value.toPrecision(3);

const metrics = [
  ['ndcg@10', 'NDCG@10', 'the order of the first ten; higher is better', 'popularity'],
  ['recall@10', 'Recall@10', 'how much of what was loved is in the first ten; higher is better', 'popularity'],
  ['rmse', 'RMSE', 'by how much predicted ratings miss; lower is better', 'bias'],
];

// The figures of the chosen model beside those of the baselines on the same ratings.
function showFigures() {
  const model = shown.models.find((one) => one.model === shown.chosen) ?? shown.models.find((one) => one.current);
  for (const row of $('history').tBodies[0].rows) {
    const isShown = row.dataset.model === model?.model;
    row.classList.toggle('chosen', isShown);
    row.querySelector('button').setAttribute('aria-pressed', isShown);
  }
  $('figures').replaceChildren();
  $('measured-settings').textContent = '';
  if (!model) {
    $('measured-note').textContent = 'There is no model yet.';
    return;
  }
  $('measured-note').textContent = [
    `Model ${model.model}, measured on a part of the data that it was not shown. Lines are 95 % intervals.`,
    ...(isMeasured(model.metrics, 'rmse') || !isRated() ? [] : [`It ${withoutRatings}, so it has no RMSE.`]),
    ...(shown.models.length > 1 ? ['Choose the number of another one in the history for its figures.'] : []),
  ].join(' ');
  const settings = Object.entries(model.parameters).filter(([name]) => !name.endsWith('.algorithm'))
    .map(([name, value]) => `${name.split('.')[1].replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)} ${value}`);
  $('measured-settings').textContent = settings.length > 0 ? `Settings: ${settings.join(', ')}.` : '';
  const measured = metrics.map(([key, name, meaning, rival]) => {
    const baseline = model.baselines.find((one) => one.algorithm === rival && one[key] !== null && one[key] !== undefined);
    const rows = [[`model ${model.model}`, model.metrics, true], ...(baseline ? [[rival, baseline, false]] : [])]
      .map(([label, values, isOwn]) => ({ label, value: values[key], range: values[`${key}_ci95`], isOwn }))
      .filter((row) => Number.isFinite(row.value));
    return rows.some((row) => row.isOwn) ? intervalFigure(name, meaning, rows) : null;
  }).filter(Boolean);
  $('figures').append(...measured);
  if (measured.length === 0) {
    $('measured-note').textContent = model.ratings < 1000
      ? `There was too little to measure this model on: ${events(model.ratings)}, fewer than 1,000.`
      : `Model ${model.model} was trained without being measured. The next training measures it first, before it compares.`;
  }
}

function intervalFigure(name, meaning, rows) {
  const ends = rows.flatMap((row) => row.range ?? [row.value]);
  const [least, most] = [Math.min(...ends, ...rows.map((row) => row.value)), Math.max(...ends, ...rows.map((row) => row.value))];
  const room = (most - least || most || 1) * 0.12;
  const x = (value) => 96 + 250 * (value - least + room) / (most - least + 2 * room);
  const svg = makeSVG('svg', { viewBox: `0 0 420 ${rows.length * 30 + 4}`, role: 'img',
    'aria-label': `${name}: ${rows.map((row) => `${row.label} ${row.value.toFixed(4)}${row.range ? `, from ${row.range[0].toFixed(4)} to ${row.range[1].toFixed(4)}` : ''}`).join('; ')}` });
  rows.forEach((row, place) => {
    const y = 18 + place * 30;
    const kind = row.isOwn ? 'own' : 'rival';
    svg.append(makeSVG('line', { class: 'grid', x1: 96, x2: 346, y1: y, y2: y }), makeSVG('text', { class: kind, x: 0, y: y + 4 }, row.label));
    if (row.range) svg.append(makeSVG('line', { class: `whisker ${kind}`, x1: x(row.range[0]), x2: x(row.range[1]), y1: y, y2: y }));
    svg.append(makeSVG('circle', { class: kind, cx: x(row.value), cy: y, r: 5 }), makeSVG('text', { class: kind, x: 420, y: y + 4, 'text-anchor': 'end' }, row.value.toFixed(4)));
  });
  return make('figure', {}, make('figcaption', {}, make('b', {}, name), make('span', { class: 'soft' }, meaning)), svg);
}

const when = (seconds) => new Date(seconds * 1000).toLocaleString('en', { dateStyle: 'medium', timeStyle: 'short' });
const isMeasured = (values, key) => Number.isFinite(values[key]);
const withoutRatings = 'predicts no ratings';
const pair = (values, key) => {
  if (!isMeasured(values, key)) return isMeasured(values, 'ndcg@10') ? withoutRatings : 'not measured';
  const range = values[`${key}_ci95`];
  return `${values[key].toFixed(4)}${range ? ` ± ${((range[1] - range[0]) / 2).toFixed(4)}` : ''}`;
};

function took(seconds) {
  if (!Number.isFinite(seconds)) return '–';
  return seconds < 0.1 ? 'under 0.1 s' : `${seconds.toFixed(1)} s`;
}

function showHistory(models) {
  shown.models = models;
  const current = models.find((model) => model.current)?.model;
  offerModels(models);
  $('history-events').textContent = isRated() ? 'Ratings' : 'Events';
  const rows = models.map((model) => make('tr', { class: model.current ? 'current' : '', 'data-model': model.model },
    make('th', { scope: 'row' }, figuresButton(model)), make('td', {}, when(model.made)),
    make('td', {}, model.algorithms.join(' and ')),
    make('td', {}, count(model.ratings)), make('td', {}, pair(model.metrics, 'ndcg@10')), make('td', {}, pair(model.metrics, 'rmse')),
    make('td', {}, took(model.seconds)),
    make('td', {}, Number.isFinite(model.bytes) ? `${(model.bytes / 1e6).toFixed(1)} MB` : '–'),
    make('td', {}, ...(model.current ? [make('span', { class: 'mark' }, 'answers now')] : !data.writes ? ['–'] : [
      ...(current ? [make('button', { type: 'button', class: 'quiet writes', 'aria-label': `Compare model ${model.model} with model ${current}`, onclick: () => compareWith(model.model, current) }, 'Compare'), ' '] : []),
      make('button', { type: 'button', class: 'quiet writes', 'aria-label': `Let model ${model.model} answer`, onclick: () => choose(model) }, 'Let it answer'), ' ',
      make('button', { type: 'button', class: 'quiet danger writes', 'aria-label': `Delete model ${model.model}`, onclick: () => drop(model) }, 'Delete'),
    ]))));
  $('history').tBodies[0].replaceChildren(...rows);
  showFigures();
}

function figuresButton({ model }) {
  const choose = () => {
    shown.chosen = model;
    showFigures();
  };
  const label = `Figures of model ${model}`;
  return make('button', { type: 'button', class: 'title', 'aria-label': label, onclick: choose }, model);
}

// Asks before a model is deleted.
async function drop(model) {
  const text = `It was made ${when(model.made)} by ${model.algorithms.join(' and ')}. Its file is deleted, and cannot be brought back.`;
  if (!await confirmedDrop(`Delete model ${model.model}?`, text)) return;
  try {
    await remove(['models', model.model]);
    note(`Model ${model.model} is deleted.`);
  } catch (error) { note(error.message); }
  await showModels();
}

async function choose(model) {
  try {
    await put(['models', model.model, 'current'], {});
    shown.chosen = model.model;
    await changed();
    note(`Lists come from model ${model.model} now.`);
  } catch (error) { note(error.message); }
}
