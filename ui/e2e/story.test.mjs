// Every story on both panels.
//
// Geometry (targets, gaps, scrolling, clipped text, size of capitals): every story × panel × language (Vietnamese, English, and
// every sentence 40 % longer) × the three text sizes; the plain story of every screen in the contrast theme too, whose borders are
// wider. axe (WCAG 2.2 AA, AAA, contrast 7:1): every rule on every story in Vietnamese on the portrait panel, and on the plain
// stories on the small panel and in English; the rules of colour on the plain ones × panel in the other two themes and in the largest
// size. AXE=all runs every rule on every story × panel × language × size × theme (half an hour). Pixels: every screen × panel.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { browser, haveChromium, panels, shots, storyServer } from './driver.mjs';
import { decode, differing, shrink } from './png.mjs';
import { axe, geometry, languages, names, open, show, sizes, themes } from './stories.mjs';

const only = process.env.STORY ? new RegExp(process.env.STORY) : /./; // STORY=form runs the stories that match
const skip = haveChromium ? false : 'no Chromium at $CHROMIUM or /usr/bin/chromium';
const goldens = join(import.meta.dirname, 'goldens'), update = process.env.UPDATE_GOLDENS === '1';
const everything = process.env.AXE === 'all';

let server, stories;
before(async () => {
  if (skip) return;
  server = await storyServer();
  stories = await names(server);
});
after(() => server?.stop());

async function look(page, story, panelName) {
  const { mm } = panels[panelName], plain = stories.plain.has(story), portrait = panelName === 'portrait', faults = [];
  for (const lang of languages) {
    const add = list => faults.push(...list.map(f => `${story} (${panelName}, ${lang}) ${f}`));
    await show(page, story, lang);
    add(await geometry(page, mm, 'light', sizes));
    if (plain && lang === 'vi') add(await geometry(page, mm, 'contrast', sizes));
    if (everything) {
      for (const theme of themes) for (const size of sizes) add(await axe(page, size, theme, false));
      continue;
    }
    if (lang === 'vi' ? plain || portrait : lang === 'en' && plain && portrait) add(await axe(page, 1, 'light', false));
    if (lang !== 'vi' || !plain) continue;
    for (const theme of ['dark', 'contrast']) add(await axe(page, 1, theme, true));
    add(await axe(page, 3, portrait ? 'light' : 'contrast', true));
  }
  return [...new Set([...faults, ...page.bad.splice(0)])];
}

test('stories', { skip, concurrency: true, timeout: 1500000 }, t => Promise.all(Object.keys(panels).map(panelName =>
  t.test(`on the ${panelName} panel`, async t => {
    const b = await browser(panels[panelName]);
    try {
      const page = await open(b, server, panelName), faults = [], list = stories.all.filter(n => only.test(n));
      for (const story of list) faults.push(...(await look(page, story, panelName)));
      t.diagnostic(`${list.length} stories, ${list.length * languages.length * sizes.length} looks measured`);
      if (faults.length) assert.fail(`${faults.length} faults:\n${faults.join('\n')}`);
    } finally {
      await b.close();
    }
  }))));

const major = version => version.split('.')[0];

test('pixels', { skip, timeout: 600000 }, async t => {
  const b = await browser();
  try {
    const version = b.context.browser()?.version() ?? (await chromiumVersion(b));
    const kept = existsSync(join(goldens, 'chromium')) ? readFileSync(join(goldens, 'chromium'), 'utf8').trim() : '';
    if (!update && major(kept) !== major(version)) {
      console.log(`pixels: SKIPPED, the goldens are of Chromium ${kept || '(none)'}, this is ${version}; UPDATE_GOLDENS=1 renews them`);
      return t.skip(`goldens are of Chromium ${kept}, this is ${version}`);
    }
    const faults = [];
    for (const panelName of Object.keys(panels)) {
      mkdirSync(join(goldens, panelName), { recursive: true });
      const page = await open(b, server, panelName);
      for (const story of stories.plain) if (only.test(story) && !story.includes('-')) faults.push(...(await compare(page, story, panelName)));
      await page.close();
    }
    if (update) writeFileSync(join(goldens, 'chromium'), version + '\n');
    const bytes = Object.keys(panels).flatMap(p => readdirSync(join(goldens, p)).map(f => statSync(join(goldens, p, f)).size)).reduce((a, c) => a + c, 0);
    t.diagnostic(`goldens: ${bytes} bytes`);
    assert.ok(bytes <= 3 << 20, `${bytes} bytes of goldens`);
    if (faults.length) assert.fail(faults.join('\n'));
  } finally {
    await b.close();
  }
});

async function chromiumVersion(b) {
  const cdp = await b.context.newCDPSession(b.context.pages()[0]);
  return (await cdp.send('Browser.getVersion')).product.split('/')[1];
}

// compare shoots a story and tells when it is not the golden; the picture is kept beside the others then.
async function compare(page, story, panelName) {
  await show(page, story);
  const file = await page.screenshot(), path = join(goldens, panelName, story + '.png'), picture = decode(file);
  if (update) {
    writeFileSync(path, shrink(picture));
    return [];
  }
  if (!existsSync(path)) return [`${panelName}/${story}: no golden; UPDATE_GOLDENS=1 makes it`];
  const part = differing(decode(readFileSync(path)), picture);
  if (part <= 0.001) return [];
  mkdirSync(join(shots, 'differ', panelName), { recursive: true });
  writeFileSync(join(shots, 'differ', panelName, story + '.png'), file);
  return [`${panelName}/${story}: ${(part * 100).toFixed(2)} % of the pixels differ, see build/e2e/differ`];
}
