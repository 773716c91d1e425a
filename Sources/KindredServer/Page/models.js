// The view of models: training, learning curves, metrics, and the choice of the current model.

import { get, listen, post, put, remove } from './api.js';
import { compareWith, offerModels, wireCompare } from './compare.js';
import { data } from './data.js';
import { $, confirmedDrop, make, makeSVG, count, note } from './dom.js';

const algorithms = [
  ['', 'The default'], ['implicit-als', 'Implicit ALS'], ['ease', 'EASE'],
  ['graph-filter', 'Graph filter'], ['item-knn', 'Item neighbours'], ['sgd', 'SGD on ratings'], ['als', 'ALS on ratings'],
  ['bayesian', 'Bayesian factors'],
];
let changed = () => {};
let training = null;

export function wireModels(action) {
  changed = action;
  wireCompare();
  $('algorithm').replaceChildren(...algorithms.map(([value, name]) => make('option', { value }, name)));
  $('cancel').addEventListener('click', async () => {
    try { await remove(['train']); } catch (error) { note(error.message); }
  });
  $('train-form').addEventListener('submit', async (event) => {
    event.preventDefault();
    const algorithm = $('algorithm').value;
    try {
      await post(['train'], algorithm ? { algorithm } : {});
      await follow();
    } catch (error) {
      if (error.code === 'training_under_way') follow(); else $('train-status').textContent = error.message;
    }
  });
}

// Shows the view, and follows a running training.
export async function showModels() {
  const { models } = await get(['models']);
  showHistory(models);
  showFigures(models.find((model) => model.current));
  if (!training) follow(true).catch(() => {});
}

// Listens to the running training, or to the last one.
async function follow(isQuiet = false) {
  if (training) return training;
  const curves = new Map();
  let last = null;
  let wasLive = !isQuiet;
  const button = $('train');
  const begin = performance.now();
  training = listen(['train'], (name, data) => {
    // Events that arrive at once belong to a finished training.
    if (name === 'progress' && performance.now() - begin > 300) wasLive = true;
    if (name === 'progress') {
      button.disabled = true;
      $('cancel').hidden = false;
      addPoint(curves, data);
      say(data);
      drawSoon(curves);
    } else { last = { name, data }; }
  });
  try {
    await training;
  } finally {
    training = null;
    button.disabled = false;
    $('cancel').hidden = true;
    $('train-progress').hidden = true;
  }
  drawCurves(curves);
  if (!last) return;
  if (!wasLive && last.name === 'done') { $('train-status').textContent = `Nothing is under way. The last training made model ${last.data.model}.`; return; }
  $('train-status').textContent = last.name === 'failed' ? `The training failed: ${last.data.error}`
    : last.data.current ? `Model ${last.data.model} stands, and answers from now on.`
      : `Model ${last.data.model} stands, and does not take over: ${last.data.reason}.`;
  if (!wasLive) return;
  const { models } = await get(['models']);
  showHistory(models);
  showFigures(models.find((model) => model.current));
  if (last.name === 'done' && last.data.current) await changed();
}

const stageNames = { validating: 'on a part, to measure', choosing: 'choosing settings', training: 'on everything' };
let stage = null;
function say(data) {
  const now = performance.now();
  if (!stage || stage.algorithm !== data.algorithm || stage.name !== data.stage || data.epoch <= stage.epoch) {
    stage = { algorithm: data.algorithm, name: data.stage, first: data.epoch, start: now };
  }
  stage.epoch = data.epoch;
  const pace = (now - stage.start) / Math.max(1, data.epoch - stage.first);
  const left = data.epoch > stage.first + 1 ? Math.ceil(pace * (data.epochs - data.epoch) / 1000) : null;
  $('train-status').textContent = `${data.algorithm}, ${stageNames[data.stage]}: epoch ${data.epoch} of at most ${data.epochs}${left ? `, about ${left} s left` : ''}`;
  $('train-progress').hidden = false;
  $('train-progress').value = data.epoch / Math.max(1, data.epochs);
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
function drawCurves(curves) {
  $('curves').replaceChildren(...[...curves.values()].map(curveFigure));
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
  ['rmse', 'RMSE', 'stars by which predictions miss; lower is better', 'bias'],
];

function showFigures(model) {
  $('figures').replaceChildren();
  if (!model) {
    $('measured-note').textContent = 'There is no model yet.';
    return;
  }
  $('measured-note').textContent =
    `Model ${model.model}, measured on ratings that it was not shown. Lines are 95 % intervals.`;
  const shown = metrics.map(([key, name, meaning, rival]) => {
    const baseline = model.baselines.find((one) => one.algorithm === rival && one[key] !== null && one[key] !== undefined);
    const rows = [['this model', model.metrics, true], ...(baseline ? [[rival, baseline, false]] : [])]
      .map(([label, values, isOwn]) => ({ label, value: values[key], range: values[`${key}_ci95`], isOwn }))
      .filter((row) => Number.isFinite(row.value));
    return rows.some((row) => row.isOwn) ? intervalFigure(name, meaning, rows) : null;
  }).filter(Boolean);
  $('figures').append(...shown);
  if (shown.length === 0) {
    $('measured-note').textContent = model.ratings < 1000 ? 'There were too few ratings to measure this model on: fewer than 1,000.'
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
const pair = (values, key) => {
  if (!Number.isFinite(values[key])) return '–';
  const range = values[`${key}_ci95`];
  return `${values[key].toFixed(4)}${range ? ` ± ${((range[1] - range[0]) / 2).toFixed(4)}` : ''}`;
};

function showHistory(models) {
  const current = models.find((model) => model.current)?.model;
  offerModels(models);
  const rows = models.map((model) => make('tr', { class: model.current ? 'current' : '' },
    make('th', { scope: 'row' }, model.model), make('td', {}, when(model.made)), make('td', {}, model.algorithms.join(' and ')),
    make('td', {}, count(model.ratings)), make('td', {}, pair(model.metrics, 'ndcg@10')), make('td', {}, pair(model.metrics, 'rmse')),
    make('td', {}, Number.isFinite(model.seconds) ? `${model.seconds.toFixed(1)} s` : '–'),
    make('td', {}, ...(model.current ? [make('span', { class: 'mark' }, 'answers now')] : !data.writes ? ['–'] : [
      ...(current ? [make('button', { type: 'button', class: 'quiet', 'aria-label': `Compare model ${model.model} with model ${current}`, onclick: () => compareWith(model.model, current) }, 'Compare'), ' '] : []),
      make('button', { type: 'button', class: 'quiet', 'aria-label': `Let model ${model.model} answer`, onclick: () => choose(model) }, 'Let it answer'), ' ',
      make('button', { type: 'button', class: 'quiet danger', 'aria-label': `Delete model ${model.model}`, onclick: () => drop(model) }, 'Delete'),
    ]))));
  $('history').tBodies[0].replaceChildren(...rows);
}

// Asks before a model is deleted.
async function drop(model) {
  const text = `It was made ${when(model.made)} by ${model.algorithms.join(' and ')}. Its file is deleted, and cannot be brought back.`;
  if (!await confirmedDrop(`Delete model ${model.model}?`, text)) return;
  try {
    await remove(['models', model.model]);
    note(`Model ${model.model} is deleted.`);
  } catch (error) { note(error.message); }
  const { models } = await get(['models']);
  showHistory(models);
}

async function choose(model) {
  try {
    await put(['models', model.model, 'current'], {});
    const { models } = await get(['models']);
    showHistory(models);
    showFigures(models.find((one) => one.current));
    note(`Answers come from model ${model.model} now.`);
    await changed();
  } catch (error) { note(error.message); }
}
