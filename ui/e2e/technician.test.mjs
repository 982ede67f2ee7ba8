// The technician's pages in a real Chromium, on the large panel, with and without scripts: the way in, every page measured and checked
// with axe, a fault planted and mended, the touch test, and the two steps of the wipe up to the last key.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { browser, haveChromium, onScreen, panels, shot } from './driver.mjs';
import { check } from './geometry.mjs';
import { openHall } from './hall.mjs';

const skip = haveChromium ? false : 'no Chromium at $CHROMIUM or /usr/bin/chromium';
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const PIN = '246802';
let hall;
before(async () => {
  if (skip) return;
  hall = await openHall();
  const set = spawnSync(join(hall.dir, 'bin/kioskctl'), ['pin', '-config', join(hall.dir, 'demo/kiosk/kiosk.toml')], { input: PIN + '\n' });
  assert.equal(set.status, 0, String(set.stderr));
});
after(async () => hall && assert.equal(await hall.stop(), 0, 'the hall did not stop in order'));

const pages = ['', 'group/devices', 'group/machine', 'group/network', 'group/data', 'check/printer', 'check/reader', 'tools', 'sound', 'light', 'touch', 'camera/face', 'statement', 'restart', 'wipe'];

const mm = panels.portrait.mm;

for (const [name, panel] of Object.entries({ portrait: panels.portrait })) {
  test(`on the ${name} panel`, { skip }, async () => {
    const b = await browser(panel);
    const page = await b.context.newPage();
    const at = new URL(hall.kiosk).origin + '/technician/';
    const faults = []; // of all pages: one look tells them all
    const measured = async what => {
      await shot(page, `technician-${name}-${what.replace('/', '-') || 'summary'}`);
      faults.push(...(await page.evaluate(check, { mm, size: 1 })).map(f => `${what || 'summary'}: ${f}`));
      await page.evaluate(axe); // not as a script element: the pages' policy forbids scripts
      const found = await page.evaluate(async () => (await window.axe.run(document, { resultTypes: ['violations'] })).violations.map(v => `${v.id}: ${v.nodes.map(n => n.target).join(' | ')}`));
      faults.push(...found.map(f => `${what || 'summary'}: ${f}`));
    };
    try {
      await page.goto(hall.kiosk);
      await onScreen(page, 'attract'); // its script listens
      await page.keyboard.press('F9');
      await page.waitForURL(at);
      await measured('pin');
      for (const d of PIN) await page.click(`button[value="${d}"]`);
      await page.click('button[value=enter]');
      await page.waitForSelector('a[href="/technician/tools"]');
      for (const p of pages) {
        await page.goto(at + p);
        await measured(p);
      }
      await hall.press('roll-out');
      await page.goto(at + 'check/printer');
      await page.click('button:has-text("Thử lại")');
      await page.waitForSelector('text=Máy in hết giấy');
      await measured('check/paper');
      await hall.press('roll-in');
      await page.goto(at + 'touch');
      for (let dot = 0; dot < 9; dot++) await page.click(`button[value="${dot}"]`);
      await page.waitForSelector('text=Màn hình cảm ứng tốt');
      await page.goto(at + 'wipe');
      await page.click('button.danger');
      await page.waitForSelector('text=để xóa máy');
      await measured('wipe2');
      await page.goto(at + 'tools');
      await page.click('button:has-text("Thoát")');
      await page.waitForFunction(() => document.body.dataset.screen === 'attract');
      assert.deepEqual(faults, []);
    } finally {
      await b.close();
    }
  });
}

test('without scripts, by keys alone', { skip }, async () => {
  const b = await browser(panels.portrait, { javaScriptEnabled: false });
  const page = await b.context.newPage();
  try {
    await page.goto(hall.kiosk);
    await page.goto('about:blank'); // the first screen asks again by itself
    await page.goto(new URL(hall.kiosk).origin + '/technician/');
    const press = async label => {
      for (let n = 0; n < 40; n++) {
        await page.keyboard.press('Tab');
        const on = await page.locator(':focus').textContent({ timeout: 500 }).catch(() => '');
        if (on.trim() === label) return page.keyboard.press('Enter');
      }
      assert.fail(`no ${label} by keys`);
    };
    for (const d of PIN) {
      await press(d);
      await page.waitForLoadState();
    }
    await press('Xong');
    await page.waitForSelector('text=Công cụ');
  } finally {
    await b.close();
  }
});
