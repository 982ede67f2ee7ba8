// Who is let in to the citizen's page, and how the page tells that it is on the glass: a real kioskd, a real Chromium.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { browser, haveChromium, onScreen, watch } from './driver.mjs';
import { openHall } from './hall.mjs';

const skip = haveChromium ? false : 'no Chromium';
let hall;
before(async () => haveChromium && (hall = await openHall()), { timeout: 300000 });
after(() => hall?.stop());

const bare = () => new URL('/', hall.kiosk).href;
const token = () => new URL(hall.kiosk).searchParams.get('k');

// paints asks kioskd how often a page was painted, as kiosk-browser does.
async function paints() {
  const resp = await fetch(bare() + 'painted', { headers: { Cookie: `kiosk=${token()}` } });
  assert.equal(resp.status, 200);
  return +(await resp.text());
}

const moment = ms => new Promise(done => setTimeout(done, ms));

// grows waits until the page was painted twice more.
async function grows(within = 30000) {
  const was = await paints();
  for (const end = Date.now() + within; Date.now() < end; await moment(200)) if ((await paints()) > was + 1) return;
  assert.fail('no page is painted');
}

// use gives a new browser to the test.
const use = run => async () => {
  const b = await browser();
  try {
    await run(b);
  } finally {
    await b.close();
  }
};

test('without the token nobody gets in', { skip }, use(async b => {
  for (const path of ['', '?k=wrong', 'events', 'painted', 'img/chip']) assert.equal((await fetch(bare() + path)).status, 403, path);
  const page = await b.context.newPage();
  assert.equal((await page.goto(bare())).status(), 403);
  assert.match(await page.textContent('body'), /demo in ra/);
}));

test('the token is gone from the address, the history and the scripts', { skip }, use(async b => {
  const page = await b.context.newPage(), bad = watch(page);
  const start = join(hall.dir, 'start.html'); // as kiosk-browser writes it
  writeFileSync(start, `<!doctype html><meta http-equiv="refresh" content="0; url=${hall.kiosk}">`);
  await page.goto('file://' + start);
  await onScreen(page, 'attract');
  assert.equal(page.url(), bare());
  assert.deepEqual(await page.evaluate(() => [document.cookie, document.referrer, history.length]), ['', '', 2]); // about:blank, the page
  const cdp = await page.context().newCDPSession(page);
  const { entries } = await cdp.send('Page.getNavigationHistory');
  assert.ok(!JSON.stringify(entries).includes(token()), 'the history has the token');
  await page.reload();
  await onScreen(page, 'attract');
  assert.deepEqual(bad, []);
}));

test("the dock's link leads in", { skip }, use(async b => {
  const page = await b.context.newPage();
  await page.goto(hall.dock);
  const [kiosk] = await Promise.all([page.waitForEvent('popup'), page.click('a[target="kiosk"]')]);
  await onScreen(kiosk, 'attract');
}));

test('a page that is painted says so, one that hangs does not', { skip, timeout: 120000 }, use(async b => {
  const page = await b.context.newPage();
  await page.goto(hall.kiosk);
  await onScreen(page, 'attract');
  await grows();
  page.evaluate(() => setTimeout(() => { for (;;); }, 0)).catch(() => {});
  await moment(2000);
  const was = await paints();
  await moment(8000);
  assert.equal(await paints(), was, 'a page that hangs counts as painted');
}));

test('a page whose content is gone does not say that it is painted', { skip, timeout: 120000 }, use(async b => {
  const page = await b.context.newPage();
  await page.goto(hall.kiosk);
  await onScreen(page, 'attract');
  await grows();
  await page.evaluate(() => (document.getElementById('app').style.display = 'none'));
  await moment(1000);
  const was = await paints();
  await moment(8000);
  assert.equal(await paints(), was, 'a white page counts as painted');
}));

test('without scripts a painted page says so as well', { skip, timeout: 120000 }, async () => {
  const b = await browser(undefined, { javaScriptEnabled: false });
  try {
    const page = await b.context.newPage();
    await page.goto(hall.kiosk);
    await page.waitForURL(bare());
    await grows();
  } finally {
    await b.close();
  }
});
