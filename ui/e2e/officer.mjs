// An office for browser tests: the true intake and the true officers' pages, with a clock that tests move. It is a test of
// package ui/officer that waits for commands, one a line.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { root } from './driver.mjs';

export async function openOffice() {
  const dir = mkdtempSync(join(tmpdir(), 'kiosk-office-'));
  const bin = join(dir, 'officer.test');
  await new Promise((ok, no) => {
    const build = spawn('go', ['test', '-c', '-o', bin, './ui/officer'], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
    build.on('exit', code => (code ? no(new Error('go test -c failed')) : ok()));
    build.on('error', no);
  });
  const child = spawn(bin, ['-test.run', '^TestServe$', '-test.timeout', '20m'], {
    cwd: join(root, 'ui/officer'), stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, KIOSK_E2E_OFFICER: '1' },
  });
  const waiting = [];
  const early = [];
  createInterface({ input: child.stdout }).on('line', line => {
    if (!line.startsWith('E2E ')) return;
    const v = JSON.parse(line.slice(4));
    waiting.length ? waiting.shift()(v) : early.push(v);
  });
  const gone = new Promise((_, no) => child.once('exit', code => no(new Error(`the office ended with ${code}`))));
  gone.catch(() => {}); // it ends by itself when asked to
  const answer = () => Promise.race([gone, new Promise(ok => (early.length ? ok(early.shift()) : waiting.push(ok)))]);
  const at = await answer();
  return {
    ...at,
    async say(...words) {
      const got = answer();
      child.stdin.write(words.join(' ') + '\n');
      const v = await got;
      if (v.error && v.error !== '<nil>') throw new Error(`${words.join(' ')}: ${v.error}`);
      return v;
    },
    stop: () => new Promise(done => {
      child.on('exit', code => (rmSync(dir, { recursive: true, force: true }), done(code)));
      child.stdin.end();
    }),
  };
}
