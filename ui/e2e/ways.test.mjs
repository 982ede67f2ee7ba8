// Whole visits, end to end against the back office, by people who use the page in other ways: with five keys alone, without
// scripts, with a trembling finger, in English. Each files a dossier and finds it again by its code.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';
import { browser, chromiumPath, haveChromium, onScreen, panels, tap, watch } from './driver.mjs';
import { models, openHall } from './hall.mjs';

const skip = !haveChromium ? 'no Chromium: apt-get install chromium' : !models() ? 'no models: set KIOSK_MODELS' : false;
const number = '999301012345', name = 'Nguyễn Thị Thử', phone = '0912345678';

let hall;
before(async () => {
  if (!skip) hall = await openHall(true);
});
after(async () => {
  if (hall) assert.equal(await hall.stop(), 0, 'the demo did not stop in order');
});

// where gives screen and turn, read in one go; a page that is being replaced has neither.
const where = async page => ((await page.locator('main').getAttribute('id', { timeout: 5000 }).catch(() => '')) || '').match(/^main-(\w+)-(\d+)$/)?.slice(1) ?? ['', ''];
const screen = async page => (await where(page))[0];

// The way through a visit, by screen: what is pressed there. A screen that is not named here is one where the kiosk works.
const plan = {
  attract: async v => v.press('start'),
  home: async v => v.press(v.token ? 'status' : 'submit'),
  consent: async v => {
    await v.tick('chip');
    await v.tick('camera');
    await v.press('agree');
  },
  proc_search: async v => {
    if (await v.page.locator('[data-intent="pick"][data-value="1.001193"]').count()) return v.press('pick', '1.001193');
    await v.write('khai sinh');
    await v.press('search');
  },
  proc_detail: async v => v.press('proceed'),
  card_place: async v => v.arrive(),
  card_number: async v => {
    await v.write(number);
    await v.press('number');
  },
  card_problem: async v => v.press('retry'),
  face_retry: async v => v.press('retry'),
  who: async v => {
    assert.ok((await v.page.textContent('main')).includes(name));
    await v.press('yes');
  },
  form: async v => {
    if (await v.page.locator('[data-kind="phone"]').count() && !(await v.field().inputValue())) await v.write(phone);
    if (await v.page.locator('[data-kind="vi"]').count() && (await v.page.textContent('main')).includes('Xã Đồi Thử') && !(await v.field().inputValue())) await v.write('12b');
    await v.press('answer');
  },
  address: async v => v.press('place'), // Xã Đồi Thử, by its province and its letter
  place: async v => {
    const has = async (intent, value) => await v.page.locator(`[data-intent="${intent}"][data-value="${value}"]`).count();
    if (await has('placed', 'code=98202')) return v.press('placed', 'code=98202');
    if (await has('places', 'province=98&letter=Đ')) return v.press('places', 'province=98&letter=Đ');
    await v.press('places', (await has('places', 'province=98')) ? 'province=98' : 'province=');
  },
  scan_list: async v => {
    if (await v.page.locator('.row.kept').count()) return v.press('next');
    await v.press('paper', '0');
  },
  scan_aim: async v => v.press('take'),
  scan_view: async v => v.press('keep'),
  deliver: async v => v.press('return', 'counter'),
  review: async v => {
    v.address ||= (await v.page.textContent('main')).includes('12b, Xã Đồi Thử, Tỉnh Giả Thử');
    await v.press('confirm');
  },
  for_whom: async v => v.press('for', 'self'),
  sign: async v => {
    await v.tick('sign');
    await v.press('sign');
  },
  done: async v => {
    v.token = (await v.page.textContent('main')).match(/[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}/)[0];
    await hall.press('leave');
    await v.press('finish');
  },
  rate: async v => v.press('skip'),
  status_ask: async v => {
    await v.write(v.token.replace('-', ''));
    await v.press('token');
  },
  status_show: async v => {
    v.found = true;
    await v.press('finish');
  },
};

// A Visitor goes through the plan. How it presses and writes is its own.
class Visitor {
  arrived = false;
  log = [];
  constructor(page) {
    this.page = page;
  }
  field() {
    return this.page.locator('main [data-kind]');
  }
  async arrive() {
    if (!this.arrived) await hall.press('arrive', 'thu');
    this.arrived = true;
    await this.page.waitForTimeout(200);
  }
  // go ends when the dossier was filed and found again, and the kiosk is back at its start.
  async go() {
    await hall.press('reset');
    const until = Date.now() + 200000;
    for (let last = '', done = 0; Date.now() < until;) {
      const [at, now] = await where(this.page);
      if (Date.now() - done > 5000) last = ''; // nothing came of it: people press again
      if (at === 'attract' && this.found) return assert.ok(this.address, 'the address of the list is not in the review');
      if (`${at} ${now}` === last || !plan[at]) {
        await this.page.waitForTimeout(100);
        continue;
      }
      if (!(await this.ready()) || (await where(this.page))[1] !== now) continue;
      this.log.push(at);
      await plan[at](this);
      if (at !== 'card_place') [last, done] = [`${at} ${now}`, Date.now()];
    }
    throw new Error(`not finished: ${this.log.join(' ')}, now on ${await screen(this.page)}`);
  }
  // ready waits until the page takes touches; false when it was replaced meanwhile.
  ready() {
    return this.page.waitForFunction(() => document.body.dataset.ready === '1', undefined, { timeout: 5000 }).then(() => true, () => false);
  }
}

async function withPage(panel, use) {
  const b = await browser(panel);
  try {
    const page = await b.context.newPage(), bad = watch(page);
    await hall.press('reset');
    await page.goto(hall.kiosk);
    if ((await onScreen(page, Object.keys(plan))) !== 'attract') { // an earlier test ended within a visit
      await tap(page, 'exit');
      if (await page.locator('[data-intent="exit_yes"]').count()) await tap(page, 'exit_yes');
    }
    await onScreen(page, 'attract');
    await use(page);
    assert.deepEqual(bad, []);
  } finally {
    await b.close();
  }
}

// --- five keys -----------------------------------------------------------------------------------------------------

class FiveKeys extends Visitor {
  async key(k) {
    await this.page.keyboard.press(k);
    const seen = await this.page.evaluate(() => {
      const e = document.activeElement, cs = getComputedStyle(e.type === 'checkbox' ? e.parentElement : e), r = e.getBoundingClientRect();
      return { lost: e === document.body, outline: e.tabIndex < 0 || cs.outlineStyle === 'solid', glass: e.tabIndex < 0 || (r.right > 0 && r.left < innerWidth && r.bottom > 0 && r.top < innerHeight) };
    });
    assert.deepEqual(seen, { lost: false, outline: true, glass: true }, `the focus on ${await screen(this.page)}`);
  }
  // reach moves the focus on until it is on something that fits; among keys it goes by what is beside, above and below.
  async reach(query) {
    for (let i = 0; i < 120; i++) {
      const way = await this.page.evaluate(q => {
        const at = document.activeElement, to = [...document.querySelectorAll(q)].find(e => e.offsetWidth);
        if (at === to) return '';
        if (!to || !at.classList.contains('key') || !to.classList.contains('key')) return 'ArrowDown';
        const a = at.getBoundingClientRect(), b = to.getBoundingClientRect();
        if (Math.abs(b.y - a.y) > a.height / 2) return b.y > a.y ? 'ArrowDown' : 'ArrowUp';
        return b.x > a.x ? 'ArrowRight' : 'ArrowLeft';
      }, query);
      if (!way) return;
      await this.key(way);
    }
    throw new Error(`${query} cannot be reached on ${await screen(this.page)}`);
  }
  async press(intent, value) {
    await this.reach(`[data-intent="${intent}"]` + (value ? `[data-value="${value}"]` : ''));
    await this.page.keyboard.press('Enter');
  }
  async tick(what) {
    if (await this.page.locator(`#tick-${what}`).isChecked()) return;
    await this.reach(`#tick-${what}`);
    await this.page.keyboard.press('Enter');
    assert.ok(await this.page.locator(`#tick-${what}`).isChecked());
  }
  async write(text) {
    for (const c of text) {
      await this.reach(`[data-key="${c}"]`);
      await this.page.keyboard.press('Enter');
    }
    assert.equal((await this.field().inputValue()).replace(/[ -]/g, ''), text.replace(/ /g, ''));
  }
}

test('a visit with five keys alone', { skip, timeout: 240000 }, () => withPage(panels.portrait, page => new FiveKeys(page).go()));

// --- a trembling finger --------------------------------------------------------------------------------------------

class Tremor extends Visitor {
  // touch touches twice within a tenth of a second, a little beside.
  async touch(e) {
    const r = await e.boundingBox(), [x, y] = [r.x + r.width / 2, r.y + r.height / 2];
    await this.page.touchscreen.tap(x, y);
    await this.page.touchscreen.tap(x + 9, y - 7);
  }
  async press(intent, value) {
    const q = `[data-intent="${intent}"]` + (value ? `[data-value="${value}"]` : '') + ':visible';
    const all = this.page.locator(q);
    for (let i = 0; i < 12; i++) {
      for (const e of await all.all()) {
        const r = await e.boundingBox();
        if (r && r.x >= 0 && r.x + r.width <= panels.compact.width) return this.touch(e);
      }
      await this.page.locator('[data-intent="more"]:not([disabled]):visible').last().click();
    }
    throw new Error(`no ${q}`);
  }
  async tick(what) { // each touch turns it over: an honest tremor needs a third one
    for (let i = 0; i < 12 && !(await this.shown(`#tick-${what}`)); i++) await this.page.locator('[data-intent="more"]:visible').last().click();
    const box = this.page.locator(`#tick-${what}`);
    if (await box.isChecked()) return;
    await this.touch(box);
    await this.page.waitForTimeout(700);
    if (!(await box.isChecked())) await box.tap();
    assert.ok(await box.isChecked());
  }
  shown(q) {
    return this.page.locator(q).evaluate(e => {
      const r = e.getBoundingClientRect();
      return r.left >= 0 && r.right <= innerWidth;
    });
  }
  async write(text) {
    if (!(await this.page.locator('[data-key]:visible').count())) await this.press('keys');
    await this.page.locator('[data-key]:visible').first().waitFor();
    for (const c of text) await this.page.locator(`[data-key="${c}"]:visible`).tap();
  }
}

test('a visit by touch with a tremor: every touch comes twice', { skip, timeout: 240000 }, () => withPage(panels.compact, async page => {
  const v = new Tremor(page);
  await v.go();
  assert.equal(v.log.filter(s => s === 'review').length, 1, `filed once: ${v.log.join(' ')}`);
}));

// --- English -------------------------------------------------------------------------------------------------------

class English extends Tremor {
  touch(e) {
    return e.tap();
  }
  async press(intent, value) {
    if (intent === 'start') return super.press('start', 'lang=en');
    assert.equal(await this.page.evaluate(() => document.documentElement.lang), 'en', `on ${await screen(this.page)}`);
    const words = await this.page.locator('button:visible').allInnerTexts();
    for (const w of words) assert.ok(!/Quay lại|Trợ giúp|Thoát|Tiếp tục|Đồng ý|Xong/.test(w), `"${w}" on ${await screen(this.page)}`);
    return super.press(intent, value);
  }
}

test('a visit in English, and Vietnamese again after it', { skip, timeout: 240000 }, () => withPage(panels.compact, async page => {
  await new English(page).go();
  assert.equal(await page.evaluate(() => document.documentElement.lang), 'vi');
}));

// --- no scripts ----------------------------------------------------------------------------------------------------

class Plain extends Visitor {
  async ready() {
    return true;
  }
  async press(intent, value) {
    const q = `[data-intent="${intent}"]` + (value ? `[data-value="${value}"]` : '');
    await Promise.all([this.page.waitForLoadState('load'), this.page.locator(q).last().click({ force: true })]);
  }
  tick(what) {
    return this.page.locator(`#tick-${what}`).check({ force: true });
  }
  write(text) {
    return this.field().fill(text);
  }
}

test('a visit without scripts', { skip, timeout: 240000 }, async () => {
  const b = await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox', '--disable-gpu'] });
  try {
    const context = await b.newContext({ javaScriptEnabled: false, viewport: { width: 1080, height: 1920 }, locale: 'vi-VN' });
    const page = await context.newPage();
    await page.goto(hall.kiosk);
    await new Plain(page).go();
  } finally {
    await b.close();
  }
});
