// The page is drawn by the server; this looks again when the world changed, unless somebody is choosing from a list.
const events = new EventSource('/changes');
let first = true;
events.onmessage = async () => {
  if (first) { first = false; return; }
  if (document.activeElement?.tagName === 'SELECT') return;
  const chosen = [...document.querySelectorAll('article select')].map((s) => s.value);
  const text = await (await fetch('/')).text();
  const next = new DOMParser().parseFromString(text, 'text/html').querySelector('main');
  document.querySelector('main').replaceWith(next);
  document.querySelectorAll('article select').forEach((s, i) => { s.value = chosen[i] ?? ''; });
};
