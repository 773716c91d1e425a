// Requests to the server's JSON interface, and its event stream.

const keyName = 'kindred.key';
let asking = null;

export class Refusal extends Error {
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

// Asks for a key once; all waiting requests share the answer.
function askForKey(note) {
  asking ??= new Promise((resolve) => {
    const dialog = document.getElementById('key');
    const field = document.getElementById('key-text');
    if (note) document.getElementById('key-note').textContent = note;
    field.value = '';
    dialog.addEventListener('close', () => {
      if (field.value) useKey(field.value);
      asking = null;
      resolve(field.value !== '');
    }, { once: true });
    dialog.showModal();
  });
  return asking;
}

async function send(method, path, { body, signal, accept = 'application/json' } = {}) {
  for (;;) {
    const key = sessionStorage.getItem(keyName);
    const headers = { Accept: accept };
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    if (key) headers['X-API-Key'] = key;
    let response;
    try {
      response = await fetch(path, { method, headers, signal, body: body === undefined ? undefined : JSON.stringify(body) });
    } catch (error) {
      if (error.name === 'AbortError') throw error;
      lost();
      throw new Refusal(0, 'unreachable', 'The server does not answer.');
    }
    if (response.ok) return response;
    const answer = await response.json().catch(() => null);
    const { code = 'unknown', message = `The server answered ${response.status}.` } = answer?.error ?? {};
    if (response.status === 401 && await askForKey(key ? 'The server does not know the key it was given.' : null)) continue;
    throw new Refusal(response.status, code, message);
  }
}

// While the server does not answer, a line says so; it goes when the server is back. A page in sight notices both
// without a request of its own: it asks every 15 seconds, and more often while there is no answer.
let isLost = false;
let isBack = () => {};
export function onBack(action) { isBack = action; }
function lost() {
  if (isLost) return;
  isLost = true;
  document.getElementById('offline').hidden = false;
  askAgain(2000);
}

let nextAsk;
function askAgain(milliseconds) {
  clearTimeout(nextAsk);
  nextAsk = setTimeout(ask, milliseconds);
}

async function ask() {
  if (document.hidden) return;
  const isThere = await fetch('/health/live').then(({ ok }) => ok, () => false);
  askAgain(isThere ? 15_000 : 2000);
  if (isThere === !isLost) return;
  if (!isThere) { lost(); return; }
  isLost = false;
  document.getElementById('offline').hidden = true;
  isBack();
}

askAgain(15_000);
document.addEventListener('visibilitychange', ask);

const path = (parts) => parts.map(encodeURIComponent).join('/');
const query = (values) => {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    for (const one of Array.isArray(value) ? value : [value]) if (one !== null && one !== undefined) search.append(name, one);
  }
  return search.size > 0 ? `?${search}` : '';
};

// Sends a key with all requests from now on, until the tab is closed.
export const useKey = (key) => sessionStorage.setItem(keyName, key);
export const hasKey = () => sessionStorage.getItem(keyName) !== null;
// The path and the query of a request.
export const address = (parts, values = {}) => `/v1${parts.length ? '/' : ''}${path(parts)}${query(values)}`;

export async function get(parts, values = {}, signal = undefined) {
  return (await send('GET', address(parts, values), { signal })).json();
}
export const put = (parts, body) => send('PUT', `/v1/${path(parts)}`, { body });
export const remove = (parts) => send('DELETE', `/v1/${path(parts)}`);
// Sends a file as it is; the server reads it while it arrives.
export async function sendFile(parts, values, file, heard, signal) {
  const key = sessionStorage.getItem(keyName);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', `/v1/${path(parts)}${query(values)}`);
    request.setRequestHeader('Content-Type', 'application/octet-stream');
    if (key) request.setRequestHeader('X-API-Key', key);
    request.upload.addEventListener('progress', (event) => heard(event.loaded, event.total));
    request.addEventListener('load', () => {
      const answer = JSON.parse(request.responseText || 'null');
      if (request.status < 300) resolve(answer);
      else reject(new Refusal(request.status, answer?.error?.code ?? 'unknown', answer?.error?.message ?? `The server answered ${request.status}.`));
    });
    request.addEventListener('error', () => reject(new Refusal(0, 'unreachable', 'The file did not arrive.')));
    request.addEventListener('abort', () => reject(new DOMException('', 'AbortError')));
    signal?.addEventListener('abort', () => request.abort());
    request.send(file);
  });
}
export const patch = (parts, body) => send('PATCH', `/v1/${path(parts)}`, { body });
export async function post(parts, body) {
  const text = await (await send('POST', `/v1/${path(parts)}`, { body })).text();
  return text ? JSON.parse(text) : null;
}

// Reads server-sent events until the server closes the stream. EventSource cannot send a key.
export async function listen(parts, heard, signal) {
  const response = await send('GET', `/v1/${path(parts)}`, { signal, accept: 'text/event-stream' });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read().catch((error) => {
      if (error.name !== 'AbortError') lost();
      throw error;
    });
    if (done) return;
    text += value;
    const events = text.split('\n\n');
    text = events.pop();
    for (const event of events) {
      const lines = event.split('\n');
      const name = lines.find((line) => line.startsWith('event:'))?.slice(6).trim() ?? 'message';
      const data = lines.filter((line) => line.startsWith('data:')).map((line) => line.slice(5)).join('\n');
      if (data) heard(name, JSON.parse(data));
    }
  }
}
