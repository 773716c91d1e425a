// The list on the screen, as programs ask for it.

import { address, hasKey } from './api.js';
import { $, make, note } from './dom.js';

const key = 'YOUR-KEY';
let shown = null;

export function wireSnippets() { $('snippets').addEventListener('toggle', paint); }

// Takes note of the request that the list is the answer to.
export function offerSnippets(parts, values) {
  shown = { parts, values };
  paint();
}

function paint() {
  if (!shown || !$('snippets').open) return;
  // An address holds no quotes but the single one.
  const url = (location.origin + address(shown.parts, shown.values)).replaceAll("'", '%27');
  const snippets = [['curl', curl(url)], ['Swift', swift(url)], ['JavaScript', javascript(url)]];
  $('snippets-text').replaceChildren(...snippets.map(([name, text]) => make('section', {}, make('div', { class: 'headline' }, make('h2', { class: 'name' }, name),
    make('button', { type: 'button', class: 'quiet', 'aria-label': `Copy the ${name}`, onclick: () => copy(text) }, 'Copy')), make('pre', {}, text))));
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    note('Copied.');
  } catch { note('The browser does not let this page copy.'); }
}

const curl = (url) => `curl ${hasKey() ? `-H 'X-API-Key: ${key}' ` : ''}'${url}'`;

const swift = (url) => `import Foundation  // on Linux FoundationNetworking too

struct List: Decodable {
  struct Item: Decodable {
    var item: String
    var title: String?
  }
  var items: [Item]
}

${hasKey() ? 'var' : 'let'} request = URLRequest(url: URL(string: "${url}")!)
${hasKey() ? `request.setValue("${key}", forHTTPHeaderField: "X-API-Key")\n` : ''}let (data, _) = try await URLSession.shared.data(for: request)
for one in try JSONDecoder().decode(List.self, from: data).items { print(one.title ?? one.item) }`;

const javascript = (url) => `const answer = await fetch('${url}'${hasKey() ? `, { headers: { 'X-API-Key': '${key}' } }` : ''});
const { items } = await answer.json();
for (const { item, title } of items) console.log(title ?? item);`;
