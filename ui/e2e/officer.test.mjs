// The office in a real browser: a citizen's dossier comes in over the true intake, an officer accepts it, asks for a supplement and
// settles it, the citizen follows by the code, what is late gets its letter, and the statistics say what was done. Every page is
// checked with axe, and the dossier is seen in one look.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { browser, haveChromium, shot, watch } from './driver.mjs';
import { openOffice } from './officer.mjs';

const skip = haveChromium ? false : 'no Chromium at $CHROMIUM or /usr/bin/chromium';
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
let office, b, page, bad;
before(async () => {
  if (skip) return;
  office = await openOffice();
  b = await browser({ width: 1920, height: 1080 });
  page = await b.context.newPage();
  bad = watch(page);
});
after(async () => {
  await b?.close();
  if (office) assert.equal(await office.stop(), 0, 'the office did not stop in order');
});

const open = path => page.goto(office.url + path);
const text = () => page.evaluate(() => document.body.innerText);
const has = async (...words) => {
  const t = (await text()).replace(/\s+/g, ' ');
  for (const w of words) assert.ok(t.includes(w), `the page does not say ${JSON.stringify(w)}: ${t.slice(0, 600)}`);
};

async function logIn() {
  await open('/dang-nhap');
  await page.fill('#login', office.login);
  await page.fill('#password', office.password);
  await page.click('button:has-text("Đăng nhập")');
  await page.waitForURL(office.url + '/');
}

// checked runs axe over the page: no violation at all.
async function checked(name) {
  await page.evaluate(axe); // not as a script element: the pages' policy forbids scripts
  const found = await page.evaluate(async () => (await window.axe.run(document, { resultTypes: ['violations'] })).violations.map(v => `${v.id}: ${v.nodes.map(n => n.target + ' ' + (n.any[0]?.message ?? '')).join(' | ')}`));
  assert.deepEqual(found, [], name);
  await shot(page, 'officer-' + name);
}

// move presses a button of the dossier and fills the form behind it.
async function move(id, label, { note, reason, tick = true } = {}) {
  await open('/ho-so/' + id);
  await page.click(`.acts a:has-text("${label}")`);
  if (note) await page.fill('#note', note);
  if (reason) await page.fill('#reason', reason);
  if (tick && (await page.locator('input[name=confirm]').count())) await page.check('input[name=confirm]');
  await page.click('main form button');
  await page.waitForURL('**/ho-so/' + id);
}

test('pages for everybody', { skip }, async () => {
  for (const [name, path] of [['login', '/dang-nhap'], ['lookup', '/tra-cuu'], ['say', '/phan-anh'], ['board', '/bang-so']]) {
    await open(path);
    await checked(name);
  }
});

let first;
test('a dossier comes in and is seen in one look', { skip }, async () => {
  first = await office.say('submit', 'papers');
  await office.say('submit', 'linked');
  await office.say('submit', 'refused');
  await logIn();
  await has('3 chờ tiếp nhận', 'Nguyễn Thị Thu Hà', 'chờ tiếp nhận', 'kiosk-01', 'Đã xác thực', 'Không đạt');
  await checked('inbox');
  await page.click('td.name a >> nth=0');
  await page.waitForFunction(() => [...document.images].every(i => i.complete && i.naturalWidth > 0));
  await has('Ảnh trên chip', 'Chụp tại ki-ốt', '0,612', 'ngưỡng', 'Khác với chip', 'Trên chip:', 'Chuỗi kiểm tra', 'Giấy tờ kèm theo', 'Nhật ký');
  await checked('dossier');
  const fit = await page.evaluate(() => {
    const seen = e => { const r = e.getBoundingClientRect(); return r.top >= 0 && r.bottom <= innerHeight && r.right <= innerWidth && r.width > 0; };
    const rows = [...document.querySelectorAll('.chain tr')];
    return {
      page: document.documentElement.scrollHeight <= innerHeight && document.documentElement.scrollWidth <= innerWidth,
      photos: [...document.querySelectorAll('.faces img')].filter(seen).length, score: seen(document.querySelector('.score')),
      rows: rows.length, hidden: rows.filter(r => !seen(r)).length, diffs: seen(document.querySelector('.diffs')),
      papers: [...document.querySelectorAll('.papers img')].filter(seen).length, acts: [...document.querySelectorAll('.acts a')].every(seen),
      log: seen(document.querySelector('.duty-card .log li')),
      inside: seen(document.querySelector('.who-card .diffs')) && [...document.querySelectorAll('.desk > .card')].every(seen),
    };
  });
  assert.ok(fit.rows >= 15);
  assert.deepEqual(fit, { page: true, photos: 2, score: true, rows: fit.rows, hidden: 0, diffs: true, papers: 3, acts: true, log: true, inside: true });
  const [zoom] = await Promise.all([b.context.waitForEvent('page'), page.click('.papers a >> nth=0')]);
  await zoom.waitForLoadState();
  await zoom.click('text=200 %');
  assert.ok((await zoom.evaluate(() => document.querySelector('.zoomed img').clientWidth)) > 3000);
  await zoom.close();
});

test('accepted, supplemented, and the citizen sees it by the code', { skip }, async () => {
  await move(first.id, 'Tiếp nhận');
  await has('H00.00-20261118-0000001', 'còn 2 ngày', 'Mẫu 01');
  await open('/tra-cuu/' + first.token);
  await has('Được tiếp nhận', 'H00.00-20261118-0000001');
  await checked('status');
  await move(first.id, 'Yêu cầu bổ sung', { note: 'Nộp thêm bản chính giấy chứng sinh trước ngày 25/11.' });
  await has('tạm dừng, chờ bổ sung', 'Mẫu 02');
  await open('/tra-cuu/' + first.token);
  await has('Yêu cầu bổ sung giấy tờ', 'Nộp thêm bản chính giấy chứng sinh');
  await office.say('later', '5h');
  await logIn();
  await move(first.id, 'Tiếp tục xử lý');
  await page.click('text=Phiếu, kết quả');
  const [letter] = await Promise.all([b.context.waitForEvent('page'), page.click('.prints a:has-text("Mẫu 01")')]);
  await letter.waitForLoadState();
  const said = await letter.evaluate(() => document.body.innerText);
  for (const w of ['GIẤY TIẾP NHẬN HỒ SƠ VÀ HẸN TRẢ KẾT QUẢ', 'Nguyễn Thị Thu Hà', '999201012345', 'ngày 20 tháng 11 năm 2026']) assert.ok(said.includes(w), w);
  const pdf = await letter.pdf({ format: 'A4' });
  assert.equal(pdf.subarray(0, 5).toString(), '%PDF-');
  await shot(letter, 'officer-letter');
  await letter.close();
});

test('forwarded by keyboard alone', { skip }, async () => {
  await open('/ho-so/' + first.id);
  await page.focus('.acts a:has-text("Bàn giao")');
  await page.keyboard.press('Enter');
  await page.waitForSelector('#to');
  await checked('handover');
  await page.focus('#to');
  await page.keyboard.type('Trần');
  await page.keyboard.press('Tab');
  await page.keyboard.type('xem giúp');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/ho-so/' + first.id);
  await has('Trần Thị Sáu');
});

test('what is late gets its letter once, and the statistics match', { skip }, async () => {
  const late = await office.say('submit');
  await move(late.id, 'Tiếp nhận');
  await move(late.id, 'Bắt đầu xử lý', { tick: false });
  await office.say('later', '24h');
  assert.deepEqual((({ alerts, letters }) => ({ alerts, letters }))(await office.say('sweep')), { alerts: 3, letters: 0 }); // T-1 of two dossiers, and a hand-over that nobody took
  await office.say('later', '30h');
  const swept = await office.say('sweep');
  assert.equal(swept.letters, 2); // one late, one near its due instant, which the supplement has moved by five hours
  assert.equal((await office.say('sweep')).letters, 0, 'the second run makes none');
  await logIn();
  await checked('inbox-alerts');
  await has('quá hạn', 'Đến hạn');
  await open('/ho-so/' + late.id);
  await has('quá hạn', 'Mẫu 04 · Xin lỗi, gia hạn (dự thảo)');
  await page.click('text=Xin lỗi và gia hạn');
  await checked('extend');
  await page.fill('#day', '2026-11-25');
  await page.fill('#note', 'Chờ cơ quan phối hợp trả lời.');
  await page.click('main form button');
  await page.waitForURL('**/ho-so/' + late.id);
  assert.equal(await page.locator('.acts a:has-text("gia hạn")').count(), 0, 'a second extension is not offered');
  for (const id of [first.id, late.id]) await move(id, 'Xử lý xong');
  await open('/ho-so/' + first.id);
  await has('xong đúng hạn', '(đã thu hồi)');
  await move(late.id, 'Trả kết quả');
  await open('/tra-cuu/' + late.token);
  await page.check('input[value="5"]');
  await page.click('text=Gửi đánh giá');
  await has('Cảm ơn ông/bà đã đánh giá');
  await open('/thong-ke?tu=2026-11-01&den=2026-11-30');
  await has('2.1 · Đúng hạn 50,00 % 1 / 2', 'Xác thực điện tử', '100,00 %', '5,00 / 5', 'n = 1', 'Hộ tịch', 'Mẫu 04 · Xin lỗi, gia hạn 1');
  await checked('statistics');
  const csv = await (await b.context.request.get(office.url + '/thong-ke.csv?tu=2026-11-01&den=2026-11-30')).text();
  assert.match(csv, /2\.1,Đúng hạn,1,2,50/);
  await open('/so-theo-doi?tu=2026-11-01&den=2026-11-30');
  await has('H00.00-20261118-0000001', 'trễ hạn');
  await checked('register');
  await open(`/ho-so/${first.id}/kiem-soat`);
  await has('PHIẾU KIỂM SOÁT', 'Giao hồ sơ, chưa nhận', 'Trần Thị Sáu');
  await checked('control');
});

test('the rest of the desk', { skip }, async () => {
  await open('/goi-so');
  await page.click('text=Phát số mới');
  await has('Đã phát số 1');
  await page.click('text=Gọi số tiếp theo');
  await has('gọi 1 lần');
  await checked('queue');
  await open('/bang-so');
  await has('Mời đến quầy', '1');
  await office.say('beat');
  await open('/may');
  await has('kiosk-01', '1 bộ phận hỏng', 'Máy in hỏng', 'Đầu đọc thẻ tốt', 'Hồ sơ chưa gửi 2');
  await checked('machines');
  await open('/phan-anh');
  await page.fill('#words', 'Quầy số 2 <b>đóng</b> sớm');
  await page.click('text=Gửi ý kiến');
  await has('Ý kiến đã gửi thành công');
  const code = await page.locator('.big').innerText();
  await open('/gop-y');
  await has('Quầy số 2 <b>đóng</b> sớm');
  await checked('feedback');
  await page.fill('textarea', 'Đã nhắc nhở quầy số 2.');
  await page.click('text=Gửi trả lời');
  await open('/phan-anh/' + code);
  await has('Đã trả lời', 'Đã nhắc nhở quầy số 2.');
  await checked('heard');
  assert.deepEqual(bad, []);
});
