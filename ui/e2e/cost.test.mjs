// What the page costs: bytes over the wire, main-thread time per screen change, memory over many visits. Time is the browser's own
// count of the main thread's CPU, so that a busy machine changes nothing. VISITS says how many visits (30).
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { browser, haveChromium, onScreen, panels, storyServer } from './driver.mjs';

const skip = haveChromium ? false : 'no Chromium at $CHROMIUM or /usr/bin/chromium';
const visits = +(process.env.VISITS || 30);
let server, b, page, cdp;
before(async () => {
  if (skip) return;
  server = await storyServer();
  b = await browser(panels.portrait);
  page = await b.context.newPage();
  cdp = await b.context.newCDPSession(page);
});
after(async () => {
  await b?.close();
  await server?.stop();
});

test('a page is at most 150 KB, its scripts 15 KB', { skip }, async t => {
  const sizes = new Map(), urls = new Map();
  await cdp.send('Network.enable');
  cdp.on('Network.requestWillBeSent', e => urls.set(e.requestId, new URL(e.request.url).pathname));
  cdp.on('Network.loadingFinished', e => sizes.set(urls.get(e.requestId), e.encodedDataLength));
  await page.goto(server.url);
  await onScreen(page, 'attract');
  await page.evaluate(() => document.fonts.ready);
  const all = [...sizes].filter(([u]) => u !== '/alive'), sum = list => list.reduce((n, [, s]) => n + s, 0);
  const total = sum(all), scripts = sum(all.filter(([u]) => u.endsWith('.js')));
  t.diagnostic(`page ${total} bytes in ${all.length} answers, scripts ${scripts} bytes`);
  assert.ok(all.length >= 7, 'not everything was counted');
  assert.ok(total <= 150 << 10 && scripts <= 15 << 10, `page ${total}, scripts ${scripts}`);
  await cdp.send('Network.disable');
});

const metrics = async () => Object.fromEntries((await cdp.send('Performance.getMetrics')).metrics.map(m => [m.name, m.value]));

// on posts an intent as a touch would, and waits until the answer is painted.
const on = (intent, more = {}) => page.evaluate(async ([intent, more]) => {
  const { boot, turn } = document.body.dataset;
  const painted = new Promise(done => {
    const seen = new MutationObserver(() => document.body.dataset.turn !== turn && (seen.disconnect(), requestAnimationFrame(() => requestAnimationFrame(done))));
    seen.observe(document.body, { attributes: true, attributeFilter: ['data-turn'] });
  });
  await fetch('/ev', { method: 'POST', body: new URLSearchParams({ boot, turn, intent, ...more }), headers: { 'X-Ev': '1' } });
  await painted;
}, [intent, more]);

const way = ['start', 'submit', 'agree', 'pick', 'proceed', 'officer', 'number', 'officer', 'yes', 'answer', 'paper', 'take', 'keep', 'next', 'return', 'answer'];

test('a change of screen takes at most 25 ms of the main thread', { skip, timeout: 120000 }, async t => {
  await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
  const costs = [];
  for (let round = 0; round < 2; round++) {
    await page.goto(server.url);
    await onScreen(page, 'attract');
    for (const intent of way) {
      const begun = (await metrics()).TaskDuration;
      await on(intent);
      if (round) costs.push([((await metrics()).TaskDuration - begun) * 1000, await page.evaluate(() => document.body.dataset.screen)]);
    }
    await on('exit');
    await Promise.all([page.waitForNavigation(), on('exit_yes').catch(() => {})]); // the document goes while it waits
  }
  costs.sort((a, b) => a[0] - b[0]);
  const mean = costs.reduce((n, [c]) => n + c, 0) / costs.length, at = p => costs[Math.floor(p * (costs.length - 1))];
  t.diagnostic(`main thread per change of screen: mean ${mean.toFixed(1)} ms, p50 ${at(0.5)[0].toFixed(1)}, most ${at(1)[0].toFixed(1)} (${at(1)[1]})`);
  assert.ok(mean <= 25, `mean ${mean.toFixed(1)} ms`);
});

// heap is what the page's scripts and the browser's objects of it hold after a collection.
async function heap() {
  for (let i = 0; i < 3; i++) await cdp.send('HeapProfiler.collectGarbage');
  const m = await metrics();
  return { bytes: m.JSHeapUsedSize, nodes: m.Nodes, documents: m.Documents };
}

test(`the heap is flat over ${visits} visits`, { skip, timeout: 1500000 }, async t => {
  await cdp.send('HeapProfiler.enable');
  const visit = async () => {
    await onScreen(page, 'attract');
    for (const intent of ['start', 'submit', 'agree', 'exit']) await on(intent);
    await Promise.all([page.waitForNavigation(), on('exit_yes').catch(() => {})]);
  };
  await page.goto(server.url);
  for (let i = 0; i < 10; i++) await visit();
  await onScreen(page, 'attract');
  const before = await heap();
  for (let i = 0; i < visits; i++) await visit();
  await onScreen(page, 'attract');
  const after = await heap();
  t.diagnostic(`${visits} visits: heap ${before.bytes} → ${after.bytes} bytes, nodes ${before.nodes} → ${after.nodes}, documents ${before.documents} → ${after.documents}`);
  assert.ok(after.bytes - before.bytes <= 1 << 20, `grew by ${after.bytes - before.bytes} bytes`);
});

test('the heap is flat over 150 changes within one document', { skip, timeout: 300000 }, async t => {
  await page.goto(server.url);
  await onScreen(page, 'attract');
  for (const intent of ['start', 'submit', 'agree']) await on(intent);
  const round = async () => {
    for (const intent of ['pick', 'back', 'help', 'help_close', 'pick', 'back']) await on(intent);
  };
  await round();
  const before = await heap();
  for (let i = 0; i < 25; i++) await round();
  const after = await heap();
  t.diagnostic(`150 changes: heap ${before.bytes} → ${after.bytes} bytes, nodes ${before.nodes} → ${after.nodes}`);
  assert.ok(after.bytes - before.bytes <= 1 << 20, `grew by ${after.bytes - before.bytes} bytes`);
  assert.ok(after.nodes - before.nodes <= 2000, `${after.nodes - before.nodes} more nodes`);
});
