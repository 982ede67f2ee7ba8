// The keyboard's composer against a list of Vietnamese words (words.txt): every one must come out of the Telex keys and out of
// the visible letter and tone keys, letter for letter, in both customs of placing the tone. The list itself is measured too:
// its size, its spelling, and that it has every vowel and every cluster of vowels with every tone these take.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { compose, custom, insert, tone } from '../static/telex.js';

const entries = readFileSync(new URL('words.txt', import.meta.url), 'utf8').normalize('NFC')
  .split('\n').filter(l => !l.startsWith('#')).join(' ').trim().split(/\s+/);
// spelled gives each word as that custom writes it.
const spelled = c => [...new Set(entries.map(e => e.split('|').at(c === 'new' ? -1 : 0)))];

const MARKS = { '\u0301': 's', '\u0300': 'f', '\u0309': 'r', '\u0303': 'x', '\u0323': 'j' };
const TELEX = { ă: 'aw', â: 'aa', đ: 'dd', ê: 'ee', ô: 'oo', ơ: 'ow', ư: 'uw' };
const VOWELS = 'aăâeêioôơuưy';
const TONES = ['', 's', 'f', 'r', 'x', 'j'];

// take splits a word into its letters without tone, the key of its tone ('' for none), and the letter the tone stands on.
function take(word) {
  let k = '', at = '';
  const letters = [...word].map(c => {
    const plain = c.normalize('NFD').replace(/[\u0300\u0301\u0303\u0309\u0323]/g, m => ((k = MARKS[m]), '')).normalize('NFC');
    if (plain !== c) at = plain;
    return plain;
  }).join('');
  return { letters, k, at };
}

// parts takes a syllable apart: the consonants before it, its vowels, and those after it. "gi" before a vowel and "qu" are consonants.
function parts(letters) {
  const m = letters.match(/^(qu|gi(?=[aăâeêoôơuư])|[^aăâeêioôơuưy]*)([aăâeêioôơuưy]+)([^aăâeêioôơuưy]*)$/);
  return m && { onset: m[1], vowels: m[2], final: m[3] };
}

// twice gives the letters as Telex types them; "oo" itself is typed "ooo".
const twice = letters => [...letters.replace('oo', 'ooo')].map(c => TELEX[c] || c).join('');

const type = keys => [...keys].reduce((text, k) => compose(text, k), '');

// ways are the ways to type a word; each gives what the keys gave.
const ways = {
  'Telex, the tone last': ({ letters, k }) => type(twice(letters) + k),
  'Telex, the tone after the vowels': ({ letters, k }) => {
    const { onset, vowels, final } = parts(letters);
    return type(twice(onset) + twice(vowels) + k + final);
  },
  'Telex, every mark after the letters': ({ letters, k }) => {
    const marks = letters.match(/[âêô]/g)?.map(c => TELEX[c][1]).join('') ?? '';
    return type(letters.replace('oo', 'ooo').replace(/[ăâđêôơư]/g, c => TELEX[c][0]) + marks + (/[ăơư]/.test(letters) ? 'w' : '') + (/đ/.test(letters) ? 'd' : '') + k);
  },
  'Telex, in capitals': ({ letters, k }) => type((twice(letters) + k).toUpperCase()).toLowerCase(),
  // A key with a plain letter composes, as it does on the page; "oo" is pressed ooo there too.
  'the visible keys': ({ letters, k }) => {
    let text = '';
    for (const c of letters.replace('oo', 'ooo')) text = /[a-z]/.test(c) ? compose(text, c) : insert(text, c);
    return k ? tone(text, k) : text;
  },
};

after(() => custom('old'));
for (const c of ['old', 'new']) {
  for (const [way, press] of Object.entries(ways)) {
    test(`every word of the list, ${c} tone placement: ${way}`, () => {
      custom(c);
      const wrong = [];
      for (const word of spelled(c)) {
        const got = press(take(word));
        if (got !== word) wrong.push(`got ${got}, want ${word}`);
      }
      assert.deepEqual(wrong, []);
    });
  }
}

test('the two customs differ in the list', () => {
  const pairs = entries.filter(e => e.includes('|'));
  assert.ok(pairs.length >= 40, `${pairs.length} words differ`);
  for (const p of pairs) {
    const [a, b] = p.split('|').map(take);
    assert.ok(a.letters === b.letters && a.k === b.k && a.at !== b.at, p);
  }
});

test('the list has 700 distinct accented words', () => {
  const accented = spelled('old').filter(w => /[^a-z]/.test(w));
  assert.ok(accented.length >= 700, `${accented.length} accented words`);
  assert.ok(accented.filter(w => w.startsWith('đ')).length >= 50, 'too few words with đ');
});

test('the list has every vowel letter with every tone on it', () => {
  const have = new Set();
  for (const word of spelled('old')) {
    const { letters, k, at } = take(word);
    for (const v of k ? [at] : VOWELS) if (letters.includes(v)) have.add(v + k);
  }
  const lack = [...VOWELS].flatMap(v => TONES.map(k => v + k)).filter(x => !have.has(x));
  assert.deepEqual(lack, []);
});

// CLUSTERS are the vowels of two and three letters, with the tones they take in words in use ('-' is the level tone).
const CLUSTERS = {
  ai: '-sfrxj', ao: '-sfrxj', au: '-sfrj', ay: '-sfrxj', âu: '-sfrxj', ây: '-sfrxj', eo: '-sfrxj', êu: '-sfrxj',
  ia: '-sfrxj', iê: '-sfrxj', iêu: '-sfrxj', iu: '-sfrxj', oa: '-sfrxj', oai: '-sfrxj', oay: '-sr', oă: '-sfrxj', oe: '-sfrj', oeo: '-sfj',
  oi: '-sfrxj', oo: '-s', ôi: '-sfrxj', ơi: '-sfrxj', ua: '-sfrxj', uâ: '-sfrxj', uây: '-sfrj', uê: '-sfrj', ui: '-sfrxj', uô: '-sfrxj',
  uôi: '-sfrxj', uơ: '-fr', uy: '-sfrxj', uya: '-', uyê: '-sfrxj', uyu: 'rj', ưa: '-sfrxj', ưi: 'r', ươ: '-sfrxj', ươi: '-sfrxj', ươu: '-sj',
  ưu: '-sfrxj', yê: '-sr', yêu: '-sr',
};
test('the list has every cluster of vowels with the tones it takes', () => {
  const have = {};
  for (const word of spelled('old')) {
    const { letters, k } = take(word);
    const { onset, vowels } = parts(letters);
    for (const v of [vowels, onset === 'qu' ? 'u' + vowels : '']) (have[v] ||= new Set()).add(k || '-');
  }
  const lack = Object.entries(CLUSTERS).flatMap(([v, tones]) => [...tones].filter(k => !have[v]?.has(k)).map(k => v + ' ' + k));
  assert.deepEqual(lack, []);
  const known = new Set([...VOWELS, ...Object.keys(CLUSTERS)]);
  assert.deepEqual(spelled('old').filter(w => !known.has(parts(take(w).letters).vowels)), [], 'no vowels of Vietnamese');
});

const ONSET = /^(?:b|c|ch|d|đ|g|gh|gi|h|k|kh|l|m|n|ng|ngh|nh|ph|qu|r|s|t|th|tr|v|x)?$/;
const FINAL = /^(?:c|ch|m|n|ng|nh|p|t)?$/;
test('the list is spelled as Vietnamese is', () => {
  const wrong = spelled('old').filter(w => {
    const { letters, k } = take(w);
    const p = parts(letters);
    if (!p || !ONSET.test(p.onset) || !FINAL.test(p.final)) return true;
    if (/^(?:c|ch|p|t)$/.test(p.final) && k !== 's' && k !== 'j') return true; // a stopped syllable has two tones
    return /^[eêiy]/.test(p.vowels) ? /^(?:c|g|ng)$/.test(p.onset) && !/^gi/.test(letters) : /^(?:k|gh|ngh)$/.test(p.onset);
  });
  assert.deepEqual(wrong, []);
});
