// Vietnamese composer (Telex) for the on-screen and the physical keyboard. A word is taken apart into plain letters with
// marks, and one tone; every key changes one of them and the word is put together again, NFC. Pressing a mark's key again
// takes the mark back and types the plain letter, so any ASCII word can be typed.

const TONES = { s: '\u0301', f: '\u0300', r: '\u0309', x: '\u0303', j: '\u0323' };
const TONE = /[\u0300\u0301\u0303\u0309\u0323]/;
const VOWEL = /[aeiouyăâêôơư]/i;
const MARKED = /[ăâêôơư]/i;
const HATTED = /^(?:â[uy]?|êu?|ôi?)$/i;
const FINAL = /^(?:ch|ng|nh|[cmnpt])?$/i;

// split gives the word without its tone, NFC, and the tone.
function split(word) {
  let tone = '';
  const plain = word.normalize('NFD').replace(new RegExp(TONE, 'g'), t => ((tone = t), ''));
  return [plain.normalize('NFC'), tone];
}

// cluster gives where the vowels that may carry the tone begin and end; "qu" and "gi" keep their second letter.
function cluster(w) {
  let i = 0;
  while (i < w.length && !VOWEL.test(w[i])) i++;
  if (/^(?:qu|gi)/i.test(w) && i === 1 && VOWEL.test(w[2] || '')) i = 2;
  let j = i;
  while (j < w.length && VOWEL.test(w[j])) j++;
  return [i, j];
}

let newer = false;

// custom chooses where the tone stands in open oa, oe, uy: "old" hòa, khỏe, thúy; "new" hoà, khoẻ, thuý.
export const custom = c => (newer = c === 'new');

// join puts the tone where it belongs: on the marked vowel, else before the last vowel of an open syllable ("hòa", "mía").
function join(w, tone) {
  const [i, j] = cluster(w);
  if (!tone || i === j) return w;
  let at = j - i === 1 || (j - i === 2 && j === w.length) ? i : i + 1;
  if (newer && j === w.length && /(?:o[ae]|uy)$/i.test(w.slice(i, j))) at = j - 1;
  for (let k = i; k < j; k++) if (MARKED.test(w[k])) at = k;
  return (w.slice(0, at + 1) + tone + w.slice(at + 1)).normalize('NFC');
}

const keep = (from, to) => (from === from.toUpperCase() ? to.toUpperCase() : to);
const put = (w, i, c) => w.slice(0, i) + keep(w[i], c) + w.slice(i + 1);

// hat doubles a, e, o (â, ê, ô), also later in the word: "tiengse", "nhana".
function hat(w, k) {
  const [i, j] = cluster(w);
  const to = { a: 'â', e: 'ê', o: 'ô' }[k];
  for (let n = j - 1; n >= i; n--) {
    const c = w[n].toLowerCase();
    if (c === to) return { w: put(w, n, k), undo: true };
    if (!HATTED.test(to + w.slice(n + 1, j))) continue; // "ngoeo" is no "ngôe"
    if (c === k || (k === 'a' && c === 'ă') || (k === 'o' && c === 'ơ')) return { w: put(w, n, to) };
  }
  return null;
}

// horn is w: ă, ơ, ư; "uo" becomes "ươ" except in open "huơ", "thuở", "quơ", which become "ươ" when a letter follows.
function horn(w) {
  const [i, j] = cluster(w);
  const v = w.slice(i, j).toLowerCase();
  const uo = v.search(/[uư]o/);
  if (uo >= 0) {
    const at = i + uo;
    const open = j === w.length && at + 2 === j && /^(?:h|th|kh|q)$/i.test(w.slice(0, at));
    return { w: put(open || /^q/i.test(w) ? w : put(w, at, 'ư'), at + 1, 'ơ') };
  }
  if (/u[au]$/.test(v)) return { w: put(w, j - 2, 'ư') };
  for (let n = j - 1; n >= i; n--) {
    const to = { a: 'ă', â: 'ă', o: 'ơ', ô: 'ơ', u: 'ư' }[v[n - i]];
    if (to && !(v[n - i] === 'u' && (v[n - i + 1] === 'ơ' || v[n - i - 1] === 'ư'))) return { w: put(w, n, to) };
  }
  for (let n = j - 1; n >= i; n--) {
    const back = { ă: 'a', ơ: 'o', ư: 'u' }[v[n - i]];
    if (back) return { w: put(v.slice(n - i - 1, n - i + 1) === 'ươ' ? put(w, n - 1, 'u') : w, n, back), undo: true };
  }
  return i === j ? { w: w + 'ư' } : null;
}

// follow turns open "uơ" into "ươ" when a letter closes the syllable: thuơ + n = thươn.
function follow(w, k) {
  const [i, j] = cluster(w);
  return j === w.length && !/^q/i.test(w) && /uơ$/i.test(w.slice(i)) && /[a-z]/i.test(k) ? put(w, j - 2, 'ư') : w;
}

// word gives what the word becomes with one more key.
function word(old, key) {
  const k = key.toLowerCase();
  const [w, tone] = split(old);
  const [i, j] = cluster(w);
  const whole = FINAL.test(w.slice(j)); // else it is no Vietnamese syllable: leave it alone
  if (i < j && TONES[k] && whole) return tone === TONES[k] ? w + key : join(w, TONES[k]);
  if (i < j && k === 'z' && tone) return w;
  let r = null;
  if (k === 'w' && whole) r = horn(w);
  else if ('aeo'.includes(k) && whole) r = hat(w, k);
  else if (k === 'd' && /^d/i.test(w)) r = { w: put(w, 0, 'đ') };
  else if (k === 'd' && /^đ/i.test(w)) r = { w: put(w, 0, 'd'), undo: true };
  if (r && k === 'w' && i === j && r.w === w + 'ư') return w + keep(key, 'ư');
  if (r) return join(r.undo ? r.w + key : r.w, tone);
  return join(follow(w, k) + key, tone);
}

const LAST = /[\p{L}\p{M}]*$/u;

// compose gives the text before the caret after one more key. Anything but a letter ends the word.
export function compose(text, key) {
  if (!/^[a-z]$/i.test(key)) return text + key;
  const old = text.match(LAST)[0];
  return text.slice(0, text.length - old.length) + word(old.normalize('NFC'), key);
}

// insert adds a ready letter (ă, đ, ơ …), keeping the tone of the word in its right place.
export function insert(text, letter) {
  const old = text.match(LAST)[0];
  if (!/^\p{L}$/u.test(letter)) return text + letter;
  const [w, tone] = split(old);
  return text.slice(0, text.length - old.length) + join(follow(w, letter) + letter, tone);
}

// tone sets the word's tone; the same again takes it off.
export function tone(text, k) {
  const old = text.match(LAST)[0];
  const [w, t] = split(old);
  return text.slice(0, text.length - old.length) + (t === TONES[k] ? w : join(w, TONES[k]));
}

// erase takes the last letter off and moves the tone where it now belongs.
export function erase(text) {
  const old = text.match(LAST)[0];
  if (!old) return text.slice(0, -1);
  const [w, t] = split(old);
  return text.slice(0, text.length - old.length) + join(w.slice(0, -1), t);
}
