// Writes the whole gallery to build/shots: every story on both panels, the plain ones in every size, theme and language, with an
// index.html to look through. "make shots" runs it.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { browser, panels, root, storyServer } from './driver.mjs';
import { languages, names, open, show, sizes, themes } from './stories.mjs';

const out = join(root, 'build/shots'), only = process.env.STORY ? new RegExp(process.env.STORY) : /./;
const server = await storyServer(), stories = await names(server), index = [];

// looks are the variants of a story worth a picture: its own, and for the plain ones the other sizes, themes and languages.
const looks = story => [
  ['vi', 1, 'light'],
  ...(stories.plain.has(story) ? [...sizes.slice(1).map(s => ['vi', s, 'light']), ...themes.slice(1).map(t => ['vi', 1, t]), ...languages.slice(1).map(l => [l, 1, 'light'])] : []),
];

for (const panelName of Object.keys(panels)) {
  const b = await browser(panels[panelName]);
  const page = await open(b, server, panelName);
  mkdirSync(join(out, panelName), { recursive: true });
  for (const story of stories.all.filter(n => only.test(n))) {
    for (const [lang, size, theme] of looks(story)) {
      await show(page, story, lang, size, theme);
      const file = `${panelName}/${story}-${lang}-${size}-${theme}.png`;
      await page.screenshot({ path: join(out, file) });
      index.push(file);
    }
  }
  await b.close();
}
await server.stop();
writeFileSync(join(out, 'index.html'), `<!doctype html><meta charset="utf-8"><title>Các màn hình</title><style>body{font:14px sans-serif;background:#ddd}figure{display:inline-block;margin:8px}img{height:420px;border:1px solid #888}</style>
${index.map(f => `<figure><a href="${f}"><img loading="lazy" src="${f}"></a><figcaption>${f}</figcaption></figure>`).join('\n')}`);
console.log(`${index.length} pictures in build/shots, see build/shots/index.html`);
