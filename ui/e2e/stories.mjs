// Walks through the stories in one document: each is fetched and put in place of the one before, in any size, theme and
// language, as the event stream would put it there. A new document for each of thousands would take most of an hour.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { panels, watch } from './driver.mjs';
import { check } from './geometry.mjs';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export const themes = ['light', 'dark', 'contrast'];
export const sizes = [1, 2, 3];
export const languages = ['vi', 'en', 'qps']; // qps: every sentence 40 % longer

// What runs in the page.
const inside = () => {
  const settle = () => new Promise(done => requestAnimationFrame(() => done()));
  window.story = async path => {
    const doc = new DOMParser().parseFromString(await (await fetch(path)).text(), 'text/html');
    for (const k of Object.keys(document.body.dataset)) if (k !== 'ready') delete document.body.dataset[k];
    Object.assign(document.body.dataset, doc.body.dataset);
    document.documentElement.lang = doc.documentElement.lang;
    document.getElementById('app').replaceChildren(...doc.getElementById('app').childNodes);
    await document.fonts.ready;
    await Promise.race([Promise.all([...document.images].map(i => i.complete || new Promise(done => (i.onload = i.onerror = done)))), new Promise(done => setTimeout(done, 2000))]);
  };
  window.look = async (size, theme) => {
    document.documentElement.dataset.size = size;
    document.documentElement.dataset.theme = theme;
    for (const f of document.querySelectorAll('.flow')) f.scrollLeft = 0;
    dispatchEvent(new Event('resize'));
    await settle();
  };
  // measure looks at every page of what does not fit on one.
  window.measure = (mm, size) => {
    const faults = [];
    for (let turn = 0; turn < 60; turn++) {
      faults.push(...window.check({ mm, size }));
      const root = document.querySelector('.over') || document, f = root.querySelector('.flow'), more = root.querySelector('[data-intent=more]');
      if (!f || !more || more.disabled || !more.offsetWidth) break;
      const at = f.scrollLeft;
      more.click();
      if (f.scrollLeft === at) break; // it asked the server for its next page
    }
    return faults;
  };
  window.rules = async colours => {
    const runOnly = colours
      ? { type: 'rule', values: ['color-contrast', 'color-contrast-enhanced'] }
      : { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag2aaa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] };
    const r = await window.axe.run(document, { runOnly, resultTypes: ['violations'], preload: false });
    return r.violations.flatMap(v => v.nodes.map(n => `axe ${v.id}: ${n.target.join(' ')} ${n.any[0]?.message || v.help}`));
  };
};

// open prepares a page on a panel for stories.
export async function open(b, server, panelName) {
  const page = await b.context.newPage(), panel = panels[panelName];
  await page.setViewportSize({ width: panel.width, height: panel.height });
  await page.emulateMedia({ reducedMotion: 'reduce' });
  page.bad = watch(page);
  await page.goto(`${server.url}/story/home?mm=${panel.mm}`);
  await page.evaluate(axeSource);
  await page.evaluate(`window.check = ${check}; (${inside})()`);
  return page;
}

// show puts a story there.
export const show = (page, name, lang = 'vi', size = 1, theme = 'light') => page.evaluate(async ([name, lang, size, theme]) => {
  await window.story(`/story/${name}?lang=${lang}`);
  await window.look(size, theme);
}, [name, lang, size, theme]);

// geometry measures what is there in those sizes.
export const geometry = (page, mm, theme, sizes) => page.evaluate(async ([mm, theme, sizes]) => {
  const faults = [];
  for (const size of sizes) {
    await window.look(size, theme);
    faults.push(...window.measure(mm, size).map(f => `size ${size} ${theme}: ${f}`));
  }
  return faults;
}, [mm, theme, sizes]);

// axe runs every rule, or the rules of colour alone.
export const axe = (page, size, theme, colours) => page.evaluate(async ([size, theme, colours]) => {
  await window.look(size, theme);
  return (await window.rules(colours)).map(f => `size ${size} ${theme}: ${f}`);
}, [size, theme, colours]);

// names gives all stories, and of them the plain ones: every screen, question and overlay once.
export async function names(server) {
  const all = await (await fetch(server.url + '/story?json')).json();
  return { all, plain: new Set(all.filter(n => !n.includes('-') || /^(form|review|home)-/.test(n))) };
}
