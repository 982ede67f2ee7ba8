// The Vietnamese composer: keys in, words out. Every word of the product's own texts must be typable both ways.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { compose, erase, insert, tone } from '../static/telex.js';

const type = keys => [...keys].reduce((text, k) => compose(text, k), '');
const MARKS = { '\u0301': 's', '\u0300': 'f', '\u0309': 'r', '\u0303': 'x', '\u0323': 'j' };
const PLAIN = { ă: 'aw', â: 'aa', đ: 'dd', ê: 'ee', ô: 'oo', ơ: 'ow', ư: 'uw' };

// take splits a word into its letters without tone, and the tone's key.
function take(word) {
  let k = '';
  const letters = word.normalize('NFD').replace(/[\u0300\u0301\u0303\u0309\u0323]/g, m => ((k = MARKS[m]), '')).normalize('NFC');
  return [letters, k];
}

// where the tone stands may differ (hòa, hoà): compare without caring on which vowel.
const loose = w => take(w).join('|');

const texts = JSON.parse(readFileSync(new URL('../texts/vi.json', import.meta.url), 'utf8'));
const names = 'Nguyễn Thị Hồng Ngọc Ánh Công Tằng Tôn Nữ Phương Hoàng Thuỷ Tiên Đường Trường Quyền Giang Khuê Quỳnh Huệ Thuở Huơ Quở Giặt Gìn Giường Khuỷu Nghiêng Xoong Quốc Quý Oanh Uyên Yến Hoằng Loắt Choắt Ngoằn Ngoèo Khoẻ Tuấn Thuế Bưởi Rượu Hươu Ướt';
const words = [...new Set((Object.values(texts).map(s => s.text + ' ' + (s.say || '')).join(' ').replace(/\{\w+\}/g, '') + ' ' + names).match(/\p{L}+/gu))]
  .filter(w => w === w.toLowerCase() || w[0] + w.slice(1).toLowerCase() === w)
  .filter(w => !/[fjwz]/i.test(w) && !/^(kiosk|vneid)$/i.test(w));

test('Telex gives every word of our texts', () => {
  assert.ok(words.length > 400, `${words.length} words`);
  const wrong = [];
  for (const word of words) {
    const [letters, k] = take(word.normalize('NFC'));
    const keys = [...letters.replace(/oo/i, 'ooo')].map(c => { // "oo" itself is typed ooo
      const two = PLAIN[c.toLowerCase()];
      return !two ? c : c === c.toLowerCase() ? two : two[0].toUpperCase() + two[1];
    }).join('') + k;
    if (loose(type(keys)) !== loose(word)) wrong.push(`${keys} gave ${type(keys)}, want ${word}`);
  }
  assert.deepEqual(wrong, []);
});

test('the visible letters and tone keys give every word too', () => {
  const wrong = [];
  for (const word of words) {
    const [letters, k] = take(word.normalize('NFC'));
    let text = '';
    for (const c of letters) text = /[a-z]/i.test(c) && !/[aeodw]/i.test(c) ? compose(text, c) : insert(text, c);
    if (k) text = tone(text, k);
    if (loose(text) !== loose(word)) wrong.push(`${text}, want ${word}`);
  }
  assert.deepEqual(wrong, []);
});

const cases = {
  'tieengs vieejt': 'tiếng việt', tiengse: 'tiếng', nhana: 'nhân', w: 'ư', uow: 'ươ', tuw: 'tư', ow: 'ơ', thuowr: 'thuở', thuowngf: 'thường',
  quowr: 'quở', quaan: 'quân', giays: 'giáy', giaays: 'giấy', gif: 'gì', hoaf: 'hòa', hoafn: 'hoàn', thuys: 'thúy', muaw: 'mưa', cuar: 'của',
  khuyur: 'khuỷu', ngoaif: 'ngoài', dangd: 'đang', DDoong: 'Đông', NGUYEENX: 'NGUYỄN', dduwowngf: 'đường', nguowif: 'người', huowng: 'hương',
  luuw: 'lưu', luwuw: 'luuw', huuwx: 'hữu', hoawcj: 'hoặc', uwowcs: 'ước', saf: 'sà', safs: 'sá', safz: 'sa', awa: 'â',
};
test('Telex, case by case', () => {
  for (const [keys, want] of Object.entries(cases)) assert.equal(type(keys), want.normalize('NFC'), keys);
});

test('a key pressed again takes its mark back, so that any ASCII can be typed', () => {
  for (const [keys, want] of Object.entries({ ass: 'as', off: 'of', aaa: 'aa', eee: 'ee', ooo: 'oo', ddd: 'dd', oww: 'ow', uww: 'uw', eexx: 'êx', ClasssA: 'ClassA' }))
    assert.equal(type(keys), want, keys);
  assert.equal(type('123 xyz 4'), '123 xyz 4');
});

test('what is composed is NFC', () => {
  for (const w of words) {
    const [letters, k] = take(w);
    const made = type(letters + k);
    assert.equal(made, made.normalize('NFC'));
  }
  assert.equal(compose('tie\u0302n', 's'), 'tiến');
});

test('erase takes one letter and moves the tone', () => {
  assert.equal(erase('hoàn'), 'hòa');
  assert.equal(erase('tiếng'), 'tiến');
  assert.equal(erase('á'), '');
  assert.equal(erase('má '), 'má');
  assert.equal(erase('12'), '1');
  assert.equal(erase(''), '');
  assert.equal(erase('abc, ế'), 'abc, ');
});
