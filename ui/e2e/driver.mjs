// Drives the citizen's pages in a real Chromium the way a citizen does: by what can be seen and touched. Every actionable
// element carries data-intent, the body carries data-screen, data-turn and, once a new screen takes touches, data-ready.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
export const shots = join(root, 'build/e2e');
export const chromiumPath = process.env.CHROMIUM || '/usr/bin/chromium';
export const haveChromium = existsSync(chromiumPath);

// The two panels: pixels, and pixels per millimetre of the glass.
export const panels = {
  portrait: { width: 1080, height: 1920, mm: 4.034 }, // 21.5 inch
  compact: { width: 1280, height: 800, mm: 5.885 }, // 10.1 inch
};

const flags = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--force-color-profile=srgb', '--font-render-hinting=none',
];

// browser starts Chromium with a new, empty profile. close() ends it and removes the profile; profile names its folder.
// more are further options of its context.
export async function browser(panel = panels.portrait, more = {}) {
  const profile = mkdtempSync(join(tmpdir(), 'kiosk-e2e-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: chromiumPath, args: flags, viewport: { width: panel.width, height: panel.height }, hasTouch: true, locale: 'vi-VN', ...more,
  });
  return {
    context, profile,
    async close(keep = false) {
      await context.close();
      if (!keep) rmSync(profile, { recursive: true, force: true });
    },
  };
}

// watch collects what must not happen on a page: console errors, script errors, failed requests of our own.
export function watch(page) {
  const bad = [];
  page.on('console', m => m.type() === 'error' && bad.push('console: ' + m.text()));
  page.on('pageerror', e => bad.push('script: ' + e.message));
  return bad;
}

// onScreen waits until the page shows one of the screens and takes touches.
export async function onScreen(page, screens, timeout = 30000) {
  const names = [].concat(screens);
  await page.waitForFunction(n => n.includes(document.body.dataset.screen) && document.body.dataset.ready === '1', names, { timeout });
  return page.evaluate(() => document.body.dataset.screen);
}

const attr = v => JSON.stringify(String(v));

// find gives the visible element of that intent (and value), turning the page until it shows.
export async function find(page, intent, value) {
  const q = `[data-intent=${attr(intent)}]` + (value === undefined ? '' : `[data-value=${attr(value)}]`);
  const all = page.locator(q);
  await all.first().waitFor({ state: 'attached' });
  for (let turn = 0; turn < 12; turn++) {
    for (const e of await all.all()) if (await reachable(e)) return e;
    const more = page.locator('[data-intent="more"]:not([disabled]):visible').last();
    if (!(await more.count())) break;
    await more.click();
  }
  throw new Error(`no visible ${q} on ${await page.evaluate(() => document.body.dataset.screen)}`);
}

// reachable tells whether a finger in the middle of the element would touch it.
const reachable = e => e.evaluate(el => {
  const r = el.getBoundingClientRect();
  if (!r.width || !r.height) return false;
  const hit = document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2);
  return !!hit && (el === hit || el.contains(hit) || hit.contains(el));
});

// tap touches the element of that intent, once the page takes touches.
export async function tap(page, intent, value) {
  await page.waitForFunction(() => document.body.dataset.ready === '1');
  await (await find(page, intent, value)).click();
}

// tapTo taps and waits for a screen.
export async function tapTo(page, intent, screens, value) {
  await tap(page, intent, value);
  return onScreen(page, screens);
}

// type presses the keys of the on-screen keyboard, one by one; Vietnamese text is given as Telex, or as finished letters.
export async function type(page, text) {
  await page.waitForFunction(() => document.body.dataset.ready === '1');
  if (!(await page.locator('[data-key]:visible').count())) await tap(page, 'keys');
  for (const c of text.normalize('NFC')) {
    if (c !== c.toLowerCase() && !(await page.locator(`[data-key=${attr(c)}]`).count())) await page.locator('[data-key="shift"]:visible').click();
    const key = (await page.locator(`[data-key=${attr(c)}]`).count()) ? c : c.toLowerCase();
    await page.locator(`[data-key=${attr(key)}]:visible`).click();
  }
}

// typed gives what the field holds.
export const typed = page => page.locator('[data-kind]').inputValue();

// clear empties the field by the delete key.
export async function clear(page) {
  for (let n = (await typed(page)).length; n > 0 && (await typed(page)) !== ''; n--) await page.locator('[data-key="delete"]:visible').click();
}

// shot keeps a picture of the page under build/e2e.
export async function shot(page, name) {
  mkdirSync(shots, { recursive: true });
  await page.screenshot({ path: join(shots, name + '.png') });
}

// storyServer builds and starts the story server; stop() ends it.
export async function storyServer(args = []) {
  const bin = join(mkdtempSync(join(tmpdir(), 'kiosk-story-')), 'storyserver');
  await new Promise((ok, no) => {
    const build = spawn('go', ['build', '-o', bin, './ui/e2e/storyserver'], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
    build.on('exit', code => (code ? no(new Error('go build failed')) : ok()));
    build.on('error', no);
  });
  const child = spawn(bin, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const url = await new Promise((ok, no) => {
    let text = '';
    child.stdout.on('data', s => (text += s).includes('\n') && ok(text.trim()));
    child.on('exit', code => no(new Error(`story server ended with ${code}`)));
    child.on('error', no);
  });
  return {
    url,
    stop: () => new Promise(done => {
      child.on('exit', () => (rmSync(dirname(bin), { recursive: true, force: true }), done()));
      child.kill();
    }),
  };
}
