// Every story on both panels: in every text size everything measures what the gates want and nothing scrolls; in every theme
// axe finds nothing (WCAG 2.2 AA, and contrast 7:1); the console stays silent. Pictures are kept under build/e2e.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { browser, haveChromium, panels, shot, storyServer, watch } from './driver.mjs';
import { check } from './geometry.mjs';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const only = process.env.STORY ? new RegExp(process.env.STORY) : /./; // STORY=form runs the stories that match
const skip = haveChromium ? false : 'no Chromium at $CHROMIUM or /usr/bin/chromium';
const themes = ['light', 'dark', 'contrast'];
const sizes = [1, 2, 3];

let server, names, mains; // mains: the plain story of every screen, looked at in every way
before(async () => {
  if (skip) return;
  server = await storyServer();
  const all = await (await fetch(server.url + '/story?json')).json();
  mains = new Set(all.filter(n => !n.includes('-') || /^(form|review)-/.test(n)));
  names = all.filter(n => only.test(n));
});
after(() => server?.stop());

// axe runs every rule once per story and panel, and the rules of colour in each further theme and text size.
async function axe(page, colours) {
  const runOnly = colours
    ? { type: 'rule', values: ['color-contrast', 'color-contrast-enhanced'] }
    : { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag2aaa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] };
  return page.evaluate(async runOnly => {
    const r = await window.axe.run(document, { runOnly, resultTypes: ['violations'] });
    return r.violations.flatMap(v => v.nodes.map(n => `axe ${v.id}: ${n.target.join(' ')} ${n.any[0]?.message || v.help}`));
  }, runOnly);
}

// set changes size or theme as the server would, without a new page.
const set = (page, key, value) => page.evaluate(async ([k, v]) => {
  document.documentElement.dataset[k] = v;
  for (const f of document.querySelectorAll('.flow')) f.scrollLeft = 0;
  dispatchEvent(new Event('resize'));
  await new Promise(requestAnimationFrame);
}, [key, String(value)]);

// turnAll measures every page of what does not fit on one.
async function turnAll(page, mm, size) {
  const faults = [];
  for (let turn = 0; turn < 40; turn++) {
    faults.push(...(await page.evaluate(check, { mm, size })));
    const moved = await page.evaluate(() => {
      const root = document.querySelector('.over') || document, f = root.querySelector('.flow'), more = root.querySelector('[data-intent=more]');
      const at = f?.scrollLeft;
      if (!f || !more || more.disabled || !more.offsetWidth) return false;
      more.click();
      return f.scrollLeft !== at; // else it asked the server for its next page
    });
    if (!moved) break;
  }
  return faults;
}

async function look(page, story, panelName, bad) {
  const { mm } = panels[panelName], main = mains.has(story), faults = [];
  await page.goto(`${server.url}/story/${story}?mm=${mm}`);
  await page.evaluate(() => document.fonts.ready);
  for (const size of sizes) {
    await set(page, 'size', size);
    if (size === 1 || main) await shot(page, `${panelName}/${story}-${size}`);
    faults.push(...(await turnAll(page, mm, size)).map(f => `size ${size}: ${f}`));
  }
  await page.evaluate(axeSource);
  for (const theme of themes) {
    await set(page, 'size', 1);
    await set(page, 'theme', theme);
    faults.push(...(await axe(page, theme !== 'light')).map(f => `${theme}: ${f}`));
    if (!main) continue;
    if (theme !== 'light') await shot(page, `${panelName}/${story}-1-${theme}`);
    await set(page, 'size', 3);
    faults.push(...(await axe(page, true)).map(f => `${theme}, size 3: ${f}`));
  }
  faults.push(...bad.splice(0));
  return [...new Set(faults)].map(f => `${story} (${panelName}): ${f}`);
}

async function stories(panelName) {
  const b = await browser(panels[panelName]);
  try {
    const faults = [];
    const page = await b.context.newPage(), bad = watch(page);
    await page.emulateMedia({ reducedMotion: 'reduce' });
    for (const story of names) faults.push(...(await look(page, story, panelName, bad)));
    assert.deepEqual(faults, [], `${faults.length} faults:\n${faults.join('\n')}`);
  } finally {
    await b.close();
  }
}

test('stories', { skip, concurrency: true, timeout: 1500000 }, t =>
  Promise.all(Object.keys(panels).map(name => t.test(`on ${name}`, () => stories(name)))));
