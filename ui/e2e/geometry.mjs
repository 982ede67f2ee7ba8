// What a page must measure on the glass. check runs inside the browser and gives one line per fault.
//
// Targets are at least 15 mm each way (keys 12.7), 2.54 mm apart; text has capitals of at least 4.8 mm; nothing scrolls,
// nothing sticks out, nothing is covered by something else.
export const check = ({ mm, size }) => {
  const faults = [], TARGET = 15, KEY = 12.7, GAP = 2.54, CAP = 0.714, EPS = 0.06;
  const name = e => `${e.tagName.toLowerCase()}.${[...e.classList].join('.')}[${e.dataset.intent || e.dataset.key || ''}] "${(e.textContent || e.value || '').trim().slice(0, 24)}"`;
  const visible = e => {
    const r = e.getBoundingClientRect(), cs = getComputedStyle(e);
    return r.width > 1 && r.height > 1 && cs.visibility !== 'hidden' && cs.display !== 'none' && !e.closest('[inert]');
  };
  // Pages beside the one shown are not on the glass.
  const flow = e => e.closest('.flow');
  const onPage = e => {
    const f = flow(e);
    if (!f) return true;
    const r = e.getBoundingClientRect(), v = f.getBoundingClientRect();
    return r.left < v.right - 1 && r.right > v.left + 1;
  };
  const root = document.querySelector('.over') || document.body;
  const W = innerWidth, H = innerHeight;

  for (const e of [document.scrollingElement, document.body])
    if (e.scrollWidth > W + 1 || e.scrollHeight > H + 1) faults.push(`page scrolls: ${e.scrollWidth}x${e.scrollHeight}`);

  const targets = [...root.querySelectorAll('button,a[href],input:not([type=hidden]),textarea,.tick')].filter(e => visible(e) && onPage(e) && !(e.type === 'checkbox'));
  const boxes = [];
  for (const e of targets) {
    const r = e.getBoundingClientRect(), need = e.classList.contains('key') ? KEY : TARGET;
    if (r.width / mm < need - EPS || r.height / mm < need - EPS) faults.push(`target ${(r.width / mm).toFixed(1)}x${(r.height / mm).toFixed(1)} mm: ${name(e)}`);
    if (r.left < -1 || r.top < -1 || r.right > W + 1 || r.bottom > H + 1) faults.push(`off the glass: ${name(e)}`);
    const at = document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2);
    if (!(at && (e === at || e.contains(at) || at.contains(e)))) faults.push(`covered by ${at ? name(at) : 'nothing'}: ${name(e)}`);
    for (const [o, b] of boxes) {
      const dx = Math.max(r.left - b.right, b.left - r.right), dy = Math.max(r.top - b.bottom, b.top - r.bottom), d = Math.max(dx, dy);
      if (d / mm < GAP - EPS) faults.push(`gap ${(d / mm).toFixed(2)} mm: ${name(e)} and ${name(o)}`);
    }
    boxes.push([e, r]);
  }

  const walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let n; (n = walk.nextNode());) {
    const e = n.parentElement;
    if (!n.data.trim() || !visible(e) || !onPage(e) || e.closest('.vh,script,noscript,.sprite,svg,#lost[hidden]')) continue;
    const cs = getComputedStyle(e), cap = (parseFloat(cs.fontSize) * CAP) / mm;
    if (cs.clipPath !== 'none') continue;
    if (cap < 4.8 - EPS) faults.push(`capitals ${cap.toFixed(2)} mm: ${name(e)}`);
    const range = document.createRange();
    range.selectNodeContents(n);
    for (const r of range.getClientRects()) {
      if (flow(e)) {
        const v = flow(e).getBoundingClientRect();
        if (r.left > v.right || r.right < v.left) continue; // on another page
        if (r.top < v.top - 1 || r.bottom > v.bottom + 1) faults.push(`text cut at the page's edge: ${name(e)}`);
      }
      if (r.left < -1 || r.right > W + 1 || r.top < -1 || r.bottom > H + 1) faults.push(`text off the glass: ${name(e)}`);
      const box = e.closest('button,.tile,.row,.badge,.note,.err,.tool,.hint,.ticket');
      if (box) {
        const b = box.getBoundingClientRect();
        if (r.left < b.left - 1 || r.right > b.right + 1 || r.top < b.top - 1 || r.bottom > b.bottom + 1) faults.push(`text outside its box: ${name(box)}`);
      }
    }
  }
  const body = parseFloat(getComputedStyle(document.body).fontSize) * CAP / mm, want = [0, 4.8, 7.3, 9][size];
  if (body < want - EPS) faults.push(`text of size ${size} has capitals of ${body.toFixed(2)} mm`);

  for (const e of root.querySelectorAll('main *, .dialog *')) {
    if (!visible(e) || e.matches('.flow,textarea,input,svg,svg *,progress,.vh,option')) continue;
    const cs = getComputedStyle(e);
    if (/(auto|scroll)/.test(cs.overflowX + cs.overflowY)) faults.push(`can scroll: ${name(e)}`);
  }
  // Parts of a screen lie beside one another, never on one another.
  const parts = [...root.querySelectorAll('.content>.side,.content>.find,.content>.field,.content>.acts,.content>.err,.content>.note,.content .flow,.content .pager,.dock,.status,.top')].filter(visible);
  for (let i = 0; i < parts.length; i++)
    for (let j = i + 1; j < parts.length; j++) {
      if (parts[i].contains(parts[j]) || parts[j].contains(parts[i])) continue;
      const a = parts[i].getBoundingClientRect(), b = parts[j].getBoundingClientRect(), pad = 2 * mm;
      const ox = Math.min(a.right, b.right) - Math.max(a.left, b.left), oy = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (ox > pad && oy > pad) faults.push(`overlap ${(oy / mm).toFixed(1)} mm: ${name(parts[i])} and ${name(parts[j])}`);
    }
  return [...new Set(faults)];
};
