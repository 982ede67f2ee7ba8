// The citizen's page: shows what the server pushes, posts what a touch means, types, and pages what does not fit.
import { compose, custom, erase, insert, tone } from './telex.js';

const d = document, b = d.body, root = d.documentElement, app = d.getElementById('app'), lost = d.getElementById('lost');
const story = 'story' in b.dataset;
const $$ = (q, e = d) => [...e.querySelectorAll(q)];
root.classList.add('js');
custom(b.dataset.tone);

let seq = +b.dataset.seq, last = '', lastAt = 0, shownAt = 0, touchedAt = 0, caps = false;

// --- the view ------------------------------------------------------------------------------------------------------

function apply(m) {
  if (m.boot !== b.dataset.boot) return location.replace('/');
  if (m.seq <= seq) return;
  if (m.screen === 'attract' && b.dataset.screen !== 'attract') return location.replace('/'); // the DOM goes with the visit
  seq = m.seq;
  const turned = m.turn !== b.dataset.turn || m.panel !== b.dataset.panel, same = m.turn === b.dataset.turn;
  for (const k of ['rev', 'turn', 'screen', 'overlay', 'panel']) b.dataset[k] = m[k];
  root.dataset.size = m.size;
  root.dataset.theme = m.theme;
  root.lang = m.lang;
  Idiomorph.morph(app, m.html, { morphStyle: 'innerHTML', callbacks: { beforeNodeMorphed: o => !(same && o.matches?.('[data-keep]')) } });
  shown(turned);
  if (!turned && d.activeElement === b) home(); // what had the focus is gone
}

// home puts the focus where reading or typing begins.
function home() {
  const top = d.querySelector('.over') || d.querySelector('main');
  (top.querySelector('[data-kind]') || top.querySelector('[tabindex="-1"]') || top.querySelector('button'))?.focus({ preventScroll: true });
}

// shown follows every change of what is on the glass: pages, focus, and a short guard against a double tap's second half.
function shown(turned) {
  if (turned) for (const f of $$('.flow')) f.scrollLeft = 0;
  layout();
  if (!turned) return;
  shownAt = performance.now();
  caps = false;
  b.dataset.ready = '';
  setTimeout(() => (b.dataset.ready = '1'), 300);
  home();
  for (const i of $$('[data-kind]')) i.setSelectionRange(i.value.length, i.value.length);
}

function listen() {
  const es = new EventSource('/events');
  es.onopen = () => (lost.hidden = true);
  es.onmessage = e => apply(JSON.parse(e.data));
  es.onerror = () => {
    lost.hidden = false;
    if (es.readyState === 2) setTimeout(listen, 2000);
  };
}

const post = (to, body) => fetch(to, { method: 'POST', body: new URLSearchParams(body), headers: { 'X-Ev': '1' } }).catch(() => {});
const me = more => ({ boot: b.dataset.boot, turn: b.dataset.turn, ...more });
// alive tells that the page is on the glass: something of it was painted, it has a height, and two frames more were drawn.
const frame = () => new Promise(requestAnimationFrame);
async function alive() {
  const { rev } = b.dataset;
  await frame();
  await frame();
  if (performance.getEntriesByName('first-contentful-paint').length && app.firstElementChild?.offsetHeight) post('/alive', me({ rev }));
}

// touched keeps the visit alive while somebody types or reads on.
function touched() {
  const now = performance.now();
  if (story || now - touchedAt < 3000 || b.dataset.screen === 'attract') return;
  touchedAt = now;
  post('/ev', me({ intent: 'touch' }));
}

// --- touches -------------------------------------------------------------------------------------------------------

d.addEventListener('submit', e => {
  e.preventDefault();
  const by = e.submitter, now = performance.now(), id = b.dataset.turn + by?.name + by?.value + b.dataset.panel;
  if (story || now - shownAt < 250 || (id === last && now - lastAt < 1000)) return;
  [last, lastAt, touchedAt] = [id, now, now];
  by?.classList.add('pressed');
  setTimeout(() => by?.classList.remove('pressed'), 400);
  post(by?.getAttribute('formaction') || e.target.getAttribute('action'), new FormData(e.target, by));
});

let from = null;
d.addEventListener('pointerdown', e => ((from = e), touched()), true);
d.addEventListener('click', e => { // a finger that moved did not mean it
  if (from && e.detail && Math.hypot(e.clientX - from.clientX, e.clientY - from.clientY) > 30) {
    e.preventDefault();
    e.stopPropagation();
  }
}, true);
for (const n of ['contextmenu', 'dragstart']) d.addEventListener(n, e => e.preventDefault());

d.addEventListener('click', e => {
  const t = e.target.closest?.('[data-key],[data-page]');
  if (t?.dataset.key) press(t.dataset.key);
  else if (t) turnPage(t.closest('.paged'), +t.dataset.page);
});

// --- pages: what does not fit flows into columns beside, one shown at a time ---------------------------------------

function measure(f) {
  const cs = getComputedStyle(f), pad = parseFloat(cs.paddingLeft), step = f.clientWidth - 2 * pad + parseFloat(cs.columnGap);
  return { step, n: Math.max(1, Math.round((f.scrollWidth - 2 * pad + parseFloat(cs.columnGap)) / step)) };
}

function layout() {
  for (const p of $$('.paged')) {
    const f = p.querySelector('.flow'), g = p.querySelector('.pager'), pages = p.querySelector('.pages'), [less, more] = $$('[data-page]', g);
    g.hidden = !pages;
    let m = measure(f);
    if (m.n > 1) {
      g.hidden = false;
      m = measure(f);
    }
    const at = Math.min(m.n - 1, Math.round(f.scrollLeft / m.step)), label = g.querySelector('.at'), n = `${at + 1}/${m.n}`;
    f.scrollLeft = at * m.step;
    label.textContent = pages ? pages.dataset.at : `${label.dataset.at} ${n}`;
    g.querySelector('.n').textContent = pages ? '' : n;
    less.disabled = at === 0 && !p.querySelector('[data-prev]');
    more.disabled = at === m.n - 1 && !p.querySelector('[data-next]');
  }
}

// turnPage goes a column on; at the end of what the server sent it asks for the next page.
function turnPage(p, by) {
  const f = p.querySelector('.flow'), m = measure(f), to = Math.round(f.scrollLeft / m.step) + by;
  if (to < 0 || to >= m.n) return p.querySelector(by < 0 ? '[data-prev] button' : '[data-next] button')?.click();
  f.scrollLeft = to * m.step;
  layout();
}
addEventListener('resize', layout);
d.addEventListener('focusin', () => requestAnimationFrame(layout)); // focus may have moved to another page
d.fonts.ready.then(layout);

// --- a signature: strokes of a finger, as points of the field's own measure ------------------------------------------

let pen = null;
const ink = () => d.querySelector('[data-ink]');
const inkField = () => ink().parentNode.querySelector('input');
d.addEventListener('pointerdown', e => {
  const s = e.target.closest?.('[data-ink]');
  if (e.target.closest?.('[data-unink]')) {
    inkField().value = '';
    for (const p of $$('polyline', ink())) p.remove();
  }
  if (!s) return;
  pen = s.appendChild(d.createElementNS(s.namespaceURI, 'polyline'));
  s.setPointerCapture(e.pointerId);
  draw(e);
});
const draw = e => {
  const s = ink(), r = s?.getBoundingClientRect(), f = s && inkField();
  if (!pen || !s || f.value.length > 9000) return;
  const at = (v, side, n) => Math.max(0, Math.min(n, Math.round((v / side) * n)));
  const p = at(e.clientX - r.x, r.width, 1000) + ',' + at(e.clientY - r.y, r.height, 400), old = pen.getAttribute('points');
  f.value += (old ? ' ' : f.value && ';') + p;
  pen.setAttribute('points', old ? old + ' ' + p : p);
};
d.addEventListener('pointermove', draw);
for (const n of ['pointerup', 'pointercancel']) d.addEventListener(n, () => (pen = null));

// --- typing --------------------------------------------------------------------------------------------------------

const shapes = {
  number: s => s.replace(/\D/g, '').slice(0, 12).replace(/(\d{3})(?=\d)/g, '$1 '),
  phone: s => s.replace(/\D/g, '').slice(0, 11).replace(/^(\d{4})(\d{1,3})?(\d*)$/, (_, x, y, z) => [x, y, z].filter(Boolean).join(' ')),
  date: s => s.replace(/\D/g, '').slice(0, 8).replace(/^(\d\d)(?=\d)/, '$1/').replace(/^(.{5})(?=\d)/, '$1/'),
  token: s => s.toUpperCase().replace(/O/g, '0').replace(/[IL]/g, '1').replace(/[^0-9A-HJKMNP-TV-Z]/g, '').slice(0, 10).replace(/^(.{5})(?=.)/, '$1-'),
};

// edit changes the text before the caret; shaped fields are always typed at their end.
function edit(i, change) {
  const shape = shapes[i.dataset.kind];
  if (shape) {
    i.value = shape(change(i.value));
    return;
  }
  const { selectionStart: at, selectionEnd: end } = i, before = i.value.slice(0, at), after = i.value.slice(end);
  const text = at !== end && change === erase ? before : change(before);
  if (i.maxLength > 0 && (text + after).length > i.maxLength && text.length > before.length) return;
  i.value = text + after;
  i.setSelectionRange(text.length, text.length);
}

function press(k) {
  const i = d.querySelector('.over') ? null : d.querySelector('[data-kind]');
  if (!i) return;
  const up = c => (caps ? c.toUpperCase() : c);
  if (k === 'shift') return shift(!caps);
  if (k === 'clear') i.value = '';
  else if (k === 'delete') edit(i, i.dataset.kind === 'vi' ? erase : t => t.replace(/.\W?$/, ''));
  else if (k.startsWith('tone-')) edit(i, t => tone(t, k.slice(5)));
  else if (/^[a-z]$/.test(k)) edit(i, t => compose(t, up(k)));
  else edit(i, t => insert(t, up(k)));
  if (caps) shift(false);
  i.scrollLeft = i.scrollWidth;
  touched();
}

function shift(on) {
  caps = on;
  for (const k of $$('.kb')) k.classList.toggle('caps', on);
  for (const k of $$('[data-key=shift]')) k.setAttribute('aria-pressed', on);
}

d.addEventListener('beforeinput', e => { // the physical keyboard goes the same way
  const i = e.target, kind = i.dataset?.kind;
  if (!kind || e.inputType !== 'insertText' || !e.data || e.isComposing) return;
  e.preventDefault();
  for (const c of e.data) edit(i, t => (kind === 'vi' ? compose(t, c) : t + c));
  touched();
});
d.addEventListener('keydown', e => {
  const t = e.target, move = steps[e.key];
  if (e.key === 'Enter' && t.dataset?.kind) {
    e.preventDefault();
    t.form.querySelector('.k-done,.acts .primary')?.click();
  } else if (e.key === 'Enter' && t.type === 'checkbox') {
    e.preventDefault();
    t.click();
  } else if (move && !e.altKey && !e.ctrlKey && !(t.dataset?.kind && move[0])) {
    e.preventDefault();
    go(t, ...move);
  }
  touched();
});

// --- five keys: the focus before and after, the page before and after, and Enter -------------------------------------

const steps = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

// go moves the focus through what lies on top; among keys it goes by what is beside, above, below.
function go(at, dx, dy) {
  const top = d.querySelector('.over') || d;
  const all = $$('button,input:not([type=hidden]),textarea', top).filter(e => !e.disabled && e.offsetWidth);
  const i = all.indexOf(at), r = at.getBoundingClientRect();
  if (at.classList.contains('key')) {
    let best, least = 1e9;
    for (const e of all) {
      const q = e.getBoundingClientRect(), x = q.x + q.width / 2 - r.x - r.width / 2, y = q.y + q.height / 2 - r.y - r.height / 2;
      const on = dx ? x * dx : y * dy, off = Math.abs(dx ? y : x);
      if (e.classList.contains('key') && on > (dx ? r.width : r.height) / 3 && (!dx || off < r.height / 2) && 4 * on + off < least) [best, least] = [e, 4 * on + off];
    }
    if (best) return best.focus();
    const rest = dx ? [] : dy < 0 ? all.slice(0, i).reverse() : all.slice(i);
    return rest.find(e => !e.classList.contains('key'))?.focus();
  }
  if (dx) return turnPage($$('.paged', top).pop(), dx);
  const n = all.length;
  all[i < 0 ? (dy < 0 ? n - 1 : first(all, at)) : (i + dy + n) % n]?.focus();
}

// first gives the first thing after the heading that has the focus.
const first = (all, at) => Math.max(0, all.findIndex(e => at.compareDocumentPosition(e) & 4));

shown(true);
if (!story) {
  listen();
  alive();
  setInterval(alive, 3000);
}

// --- the technician -------------------------------------------------------------------------------------------------

// Holding the clock at the foot of the first screen for three seconds, or F9 of a keyboard, opens the technician's pages and their PIN.
let held;
const workshop = () => b.dataset.screen === 'attract' && !story && location.assign('/technician/');
addEventListener('pointerdown', e => e.target.closest?.('.st-time') && (held = setTimeout(workshop, 3000)));
for (const k of ['pointerup', 'pointercancel']) addEventListener(k, () => clearTimeout(held));
addEventListener('keydown', e => e.key === 'F9' && workshop());
