// A whole hall for browser tests: kioskctl demo on free ports, and the dock's buttons.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './driver.mjs';

// free gives a loopback address nobody listens on, below the ports that the system gives to outgoing connections.
const free = async () => {
  for (let n = 0; n < 200; n++) {
    const port = 20000 + Math.floor(Math.random() * 12000);
    const open = await new Promise(done => {
      const s = createServer();
      s.on('error', () => done(false));
      s.listen(port, '127.0.0.1', () => s.close(() => done(true)));
    });
    if (open) return `127.0.0.1:${port}`;
  }
  throw new Error('no port is free');
};

const run = (command, args) => new Promise((ok, no) => {
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  child.on('exit', code => (code ? no(new Error(`${command} ${args.join(' ')} ended with ${code}`)) : ok()));
  child.on('error', no);
});

// models gives the folder of the true models, '' when there is none here.
export function models() {
  const dir = process.env.KIOSK_MODELS || join(root, '../shared/data/models');
  return existsSync(join(dir, 'MANIFEST.json')) ? dir : '';
}

// country writes a list of two made-up provinces, of which one has so many communes that a letter is asked first.
function country(dir) {
  mkdirSync(dir);
  const communes = ['An', 'Bình', 'Đồi', 'Hoà', 'Lúa', 'Mẫu', 'Sông'].flatMap((a, i) => ['Định', 'Mẫu', 'Thử', 'Xa'].map((b, j) => ({ code: `98${i}0${j}`, name: `Xã ${a} ${b}`, province: '98' })));
  writeFileSync(join(dir, 'provinces.json'), JSON.stringify({ as_of: '2026-07-01', list: [{ code: '98', name: 'Tỉnh Giả Thử' }, { code: '97', name: 'Tỉnh Giả Mẫu' }] }));
  writeFileSync(join(dir, 'communes.json'), JSON.stringify([...communes, { code: '97001', name: 'Phường Mẫu', province: '97' }]));
  return dir;
}

// openHall builds the commands and runs the demo. press presses a button of the dock; stop ends everything and gives the log. With places
// an address can be put together from a list.
export async function openHall(places = false) {
  const dir = mkdtempSync(join(tmpdir(), 'kiosk-hall-'));
  const bin = join(dir, 'bin');
  await run('go', ['build', '-o', bin + '/', './kiosk/cmd/...']);
  const [kiosk, dock, intake, officers] = [await free(), await free(), await free(), await free()];
  const child = spawn(join(bin, 'kioskctl'), [
    'demo', '-json', '-dir', join(dir, 'demo'), '-models', models(), '-places', places ? country(join(dir, 'places')) : '',
    '-kiosk', kiosk, '-dock', dock, '-intake', intake, '-officers', officers,
  ], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  child.stderr.on('data', s => (log += s));
  const at = await new Promise((ok, no) => {
    let text = '';
    child.stdout.on('data', s => (text += s).includes('\n') && ok(JSON.parse(text)));
    child.on('exit', code => no(new Error(`the demo ended with ${code}: ${log}`)));
    child.on('error', no);
  });
  return {
    ...at, data: join(dir, 'demo/kiosk/data'), dir,
    log: () => log,
    async press(button, ...keys) {
      const form = new URLSearchParams([['do', button], ...keys.map(k => ['key', k])]);
      const resp = await fetch(at.dock + 'do', { method: 'POST', body: form, redirect: 'manual' });
      if (resp.status !== 303) throw new Error(`dock: ${button}: ${resp.status}`);
    },
    stop: () => new Promise(done => {
      child.removeAllListeners('exit');
      child.on('exit', code => (rmSync(dir, { recursive: true, force: true }), done(code)));
      child.kill('SIGINT');
    }),
  };
}
