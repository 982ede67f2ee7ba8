// The page alive, in a real browser, on a session that only walks through the screens: pushes, posts, typing, the camera's
// end, the restart overlay, the page replaced after the visit.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { browser, clear, haveChromium, onScreen, panels, storyServer, tap, tapTo, type, typed, watch } from './driver.mjs';

const skip = haveChromium ? false : 'no Chromium at $CHROMIUM or /usr/bin/chromium';
let server, b, page, bad;
before(async () => {
  if (skip) return;
  server = await storyServer();
  b = await browser(panels.portrait);
  page = await b.context.newPage();
  bad = watch(page);
});
after(async () => {
  await b?.close();
  await server?.stop();
});
beforeEach(() => bad?.splice(0));

const state = () => page.evaluate(() => ({ ...document.body.dataset }));

test('a touch leads to the next screen, without a new document', { skip }, async () => {
  await page.goto(server.url);
  await onScreen(page, 'attract');
  await page.evaluate(() => (window.same = true));
  await tapTo(page, 'start', 'home');
  assert.equal(await page.evaluate(() => window.same), true);
  assert.equal(await page.evaluate(() => document.activeElement.tagName), 'H1', 'reading begins at the heading');
  assert.deepEqual(bad, []);
});

test('size and theme change at once and stay', { skip }, async () => {
  await tap(page, 'size');
  await page.waitForFunction(() => document.documentElement.dataset.size === '2');
  await tap(page, 'theme');
  await page.waitForFunction(() => document.documentElement.dataset.theme === 'dark');
  await page.reload();
  await onScreen(page, 'home');
  assert.deepEqual(await page.evaluate(() => ({ ...document.documentElement.dataset })), { size: '2', theme: 'dark' });
});

test('ticks stay ticked while the page is pushed anew', { skip }, async () => {
  await tapTo(page, 'submit', 'consent');
  await page.locator('#tick-chip').check();
  await tap(page, 'size');
  await page.waitForFunction(() => document.documentElement.dataset.size === '3');
  assert.equal(await page.locator('#tick-chip').isChecked(), true);
  assert.equal(await page.locator('#tick-camera').isChecked(), false);
});

test('a double press counts once', { skip }, async () => {
  const before = +(await state()).turn;
  await page.waitForFunction(() => document.body.dataset.ready === '1');
  await page.evaluate(() => {
    const agree = document.querySelector('[data-intent=agree]');
    agree.click();
    agree.click();
  });
  await onScreen(page, 'proc_search');
  await new Promise(done => setTimeout(done, 600));
  assert.equal((await state()).screen, 'proc_search');
  assert.equal(+(await state()).turn, before + 1);
});

test('the on-screen keyboard composes Vietnamese, and so does the physical one', { skip }, async () => {
  await type(page, 'ddawng kys khai sinh');
  assert.equal(await typed(page), 'đăng ký khai sinh');
  await clear(page);
  await page.locator('[data-key="ư"]').click();
  await page.locator('[data-key="tone-s"]').click();
  await page.locator('[data-key="shift"]').click();
  await page.locator('[data-key="đ"]').click();
  assert.equal(await typed(page), 'ứĐ'.normalize('NFC'));
  await clear(page);
  await page.locator('[data-kind]').focus();
  await page.keyboard.type('chuwngs thuwcj');
  assert.equal(await typed(page), 'chứng thực');
  await page.keyboard.press('Backspace');
  assert.equal(await typed(page), 'chứng thự');
  const turn = (await state()).turn;
  await page.keyboard.press('Enter');
  await page.waitForFunction(t => document.body.dataset.turn !== t, turn);
});

test('a finger that slides away presses nothing', { skip }, async () => {
  await onScreen(page, 'proc_detail');
  const r = await page.locator('[data-intent=proceed]').boundingBox();
  await page.mouse.move(r.x + 20, r.y + r.height / 2);
  await page.mouse.down();
  await page.mouse.move(r.x + 120, r.y + r.height / 2);
  await page.mouse.up();
  await new Promise(done => setTimeout(done, 500));
  assert.equal((await state()).screen, 'proc_detail');
});

test('numbers are grouped as they are typed', { skip }, async () => {
  await tapTo(page, 'proceed', 'for_whom');
  await tapTo(page, 'for', 'card_place', 'self');
  await tapTo(page, 'other', 'card_number');
  await type(page, '9992010123456');
  assert.equal(await typed(page), '999 201 012 345');
  await page.locator('[data-key="delete"]').click();
  assert.equal(await typed(page), '999 201 012 34');
});

test('the camera is on only while its screen is shown', { skip }, async () => {
  await tapTo(page, 'number', 'face_look');
  await page.waitForFunction(() => document.querySelector('.oval img')?.naturalWidth > 0);
  const closed = page.waitForEvent('requestfinished', { predicate: r => r.url().includes('/cam/face'), timeout: 8000 }).catch(() => page.waitForEvent('requestfailed', { timeout: 1 }).catch(() => null));
  await tap(page, 'officer');
  await onScreen(page, 'who');
  await closed;
  assert.equal(await page.evaluate(() => document.querySelectorAll('img[src*="/cam/"]').length), 0);
  const again = await page.evaluate(async () => (await fetch('/cam/face')).status);
  assert.equal(again, 404);
});

test('help lies over the page and gives it back', { skip }, async () => {
  await tap(page, 'help');
  await page.waitForFunction(() => document.body.dataset.overlay === 'help');
  assert.equal(await page.evaluate(() => document.activeElement.closest('.over') !== null), true, 'focus is inside');
  await tap(page, 'help_close');
  await page.waitForFunction(() => document.body.dataset.overlay === '');
});

test('everything can be reached and pressed from a keyboard', { skip }, async () => {
  await onScreen(page, 'who');
  const wanted = await page.evaluate(() => [...document.querySelectorAll('button:not([disabled])')].filter(e => e.offsetWidth).length);
  const seen = new Set();
  for (let i = 0; i < wanted * 2 && seen.size < wanted; i++) {
    await page.keyboard.press('Tab');
    const at = await page.evaluate(() => {
      const e = document.activeElement;
      return e.tagName === 'BUTTON' ? [[...document.querySelectorAll('button')].indexOf(e), getComputedStyle(e).outlineStyle] : null;
    });
    if (!at) continue;
    seen.add(at[0]);
    assert.equal(at[1], 'solid', 'focus is visible');
  }
  assert.equal(seen.size, wanted);
  await page.locator('[data-intent=yes]').focus();
  await page.keyboard.press('Enter');
  await onScreen(page, 'form');
});

test('after the visit the document is a new one, with the usual look', { skip }, async () => {
  await page.evaluate(() => (window.same = true));
  await tap(page, 'exit');
  await page.waitForFunction(() => document.body.dataset.overlay === 'exit');
  await tap(page, 'exit_yes');
  await onScreen(page, 'attract');
  assert.equal(await page.evaluate(() => window.same), undefined);
  assert.deepEqual(await page.evaluate(() => ({ ...document.documentElement.dataset })), { size: '1', theme: 'light' });
  assert.deepEqual(bad.filter(m => !m.includes('404')), []);
});

test('when the daemon goes away the page says so', { skip }, async () => {
  await server.stop();
  server = null;
  await page.waitForFunction(() => !document.getElementById('lost').hidden);
  assert.match(await page.locator('#lost').innerText(), /khởi động lại/);
});
