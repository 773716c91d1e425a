// The interface for programs: the routes of the server's OpenAPI document by tag, and the schemas that they name.

import { $, calm, make } from './dom.js';

const code = (text) => make('code', {}, text);
const example = (value) => value === undefined ? null : make('pre', {}, JSON.stringify(value, null, 2));

// The type of a value in words, with links to the schemas that it names.
function typeOf(schema) {
  if (schema.$ref) {
    const name = schema.$ref.split('/').pop();
    return [make('a', { href: `#schema-${name}` }, name)];
  }
  if (schema.anyOf) return schema.anyOf.flatMap((one, place) => [place > 0 ? ' or ' : '', ...typeOf(one)]);
  if (schema.enum) return [schema.enum.join(', ')];
  if (schema.contentSchema) return ['events with the data ', ...typeOf(schema.contentSchema)];
  if (schema.contentMediaType) return ['a file'];
  if (schema.type === 'array') return ['a list of ', ...typeOf(schema.items), schema.maxItems ? `, at most ${schema.maxItems}` : ''];
  if (schema.additionalProperties) return ['by name: ', ...typeOf(schema.additionalProperties)];
  if (schema.type === 'integer' || schema.type === 'number') {
    const { minimum: least, maximum: most } = schema;
    return [schema.type === 'integer' ? 'a whole number' : 'a number', most !== undefined ? ` from ${least} to ${most}` : least !== undefined ? `, at least ${least}` : ''];
  }
  return [{ string: 'text', boolean: 'true or false', null: 'null', object: 'an object' }[schema.type] ?? 'anything'];
}

// The members of an object, or of the objects of a list; null where there are none to tell.
function members(schema) {
  const objects = (schema.anyOf ?? [schema]).map((one) => one.type === 'array' ? one.items : one).filter((one) => one.properties);
  return objects.length === 0 ? null : make('ul', { class: 'members' }, ...objects.flatMap((object) => Object.entries(object.properties).map(([name, one]) =>
    make('li', {}, code(name), ' ', make('span', { class: 'soft' }, ...typeOf(one), object.required?.includes(name) ? '' : ', may be missing'),
      one.description ? make('span', {}, ` ${one.description}`) : null, members(one)))));
}

function body(title, { description, required = true, content = {} }) {
  return Object.entries(content).map(([type, { schema, example: sample }]) => make('div', {},
    make('h3', {}, title, ' ', make('span', { class: 'soft' }, required ? type : `${type}, may be missing`)),
    description ? make('p', {}, description) : null,
    make('p', { class: 'soft' }, ...typeOf(schema)), schema.description ? make('p', {}, schema.description) : null, members(schema), example(sample)));
}

function parameters(all) {
  return all.length === 0 ? [] : [make('h3', {}, 'Parameters'), make('ul', { class: 'members' }, ...all.map((one) =>
    make('li', {}, code(one.name), ' ', make('span', { class: 'soft' }, one.in === 'path' ? 'in the path, ' : '', ...typeOf(one.schema)), ` ${one.description ?? ''}`)))];
}

function answers(all) {
  const refusals = Object.entries(all).filter(([status]) => status >= 400);
  return [
    ...Object.entries(all).filter(([status]) => status < 400).flatMap(([status, answer]) =>
      answer.content ? body(`${status} ${answer.description}`, { content: answer.content }) : [make('h3', {}, `${status} ${answer.description}`)]),
    make('h3', {}, 'Refusals'), make('p', { class: 'soft' }, refusals.map(([status, { description }]) => `${status} ${description}`).join(', '), '; ', ...typeOf({ $ref: 'schemas/Error' })),
  ];
}

// A part that is made when it is opened.
function part(id, summary, make_) {
  const box = make('details', { class: 'route', id }, make('summary', {}, ...summary));
  box.addEventListener('toggle', () => { if (box.open && box.children.length === 1) box.append(make('div', {}, ...make_().filter(Boolean))); });
  return box;
}

function operation(path, method, one) {
  return part(one.operationId, [make('b', {}, method.toUpperCase()), ' ', code(path), ' ', make('span', { class: 'soft' }, one.summary)], () => [
    one.description ? make('p', {}, one.description) : null, ...parameters(one.parameters ?? []),
    ...(one.requestBody ? body('Body', one.requestBody) : []), ...answers(one.responses),
  ]);
}

function show(api) {
  const routes = Object.entries(api.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, one]) => ({ path, method, one })));
  const tags = api.tags ?? [...new Set(routes.map(({ one }) => one.tags[0]))].map((name) => ({ name }));
  $('docs-lead').textContent = api.info.description;
  $('docs').replaceChildren(...tags.map(({ name, description }) => make('section', {},
    make('h2', {}, name), description ? make('p', { class: 'soft' }, description) : null,
    ...routes.filter(({ one }) => one.tags[0] === name).map(({ path, method, one }) => operation(path, method, one)))),
  make('section', {}, make('h2', {}, 'Schemas'), ...Object.entries(api.components.schemas).map(([name, schema]) =>
    part(`schema-${name}`, [code(name)], () => [schema.description ? make('p', {}, schema.description) : null, members(schema) ?? make('p', {}, ...typeOf(schema))]))));
}

// Opens what the address names.
function reveal() {
  const named = document.getElementById(location.hash.slice(1));
  if (!named?.matches('.route')) return;
  named.open = true;
  named.scrollIntoView();
}

function find() {
  const words = $('docs-find').value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const section of $('docs').children) {
    for (const route of section.querySelectorAll('.route')) {
      const text = route.querySelector('summary').textContent.toLowerCase();
      route.hidden = !words.every((word) => text.includes(word));
    }
    section.hidden = !section.querySelector('.route:not([hidden])');
  }
}

$('docs-find').addEventListener('input', calm(60, find));
addEventListener('hashchange', reveal);
try {
  show(await (await fetch('/openapi.json')).json());
  reveal();
} catch {
  $('docs-lead').textContent = 'The server does not answer.';
}
document.documentElement.dataset.ready = 'true';
