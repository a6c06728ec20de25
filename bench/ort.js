// SPDX-License-Identifier: GPL-3.0-or-later
// ort.js WORK NAME THREADS RUNS: times ONNX Runtime on WORK/NAME.onnx and WORK/parser.onnx; one JSON line, as bench.py reads it.
const fs = require('fs');
const path = require('path');
const [work, name, threads, runs] = process.argv.slice(2);
const ort = require(path.join(work, 'node_modules', 'onnxruntime-node'));

const tensor = (values, shape) => new ort.Tensor('float32', Float32Array.from(values), shape);
const fill = (n, f) => Array.from({ length: n }, (_, i) => f(i));

// 2x2 mean and softmax over classes: what the engine does between photo, parser and generator.
function half(photo) {
  const out = new Float32Array(3 * 256 * 256);
  for (let c = 0; c < 3; c++)
    for (let y = 0; y < 256; y++)
      for (let x = 0; x < 256; x++) {
        const at = (c * 512 + 2 * y) * 512 + 2 * x;
        out[(c * 256 + y) * 256 + x] = (photo[at] + photo[at + 1] + photo[at + 512] + photo[at + 513]) / 4;
      }
  return new ort.Tensor('float32', out, [1, 3, 256, 256]);
}

function softmax(logits) {
  const n = 128 * 128, out = new Float32Array(19 * n);
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let k = 0; k < 19; k++) sum += out[k * n + i] = Math.exp(logits[k * n + i]);
    for (let k = 0; k < 19; k++) out[k * n + i] /= sum;
  }
  return new ort.Tensor('float32', out, [1, 19, 128, 128]);
}

async function main() {
  const options = { intraOpNumThreads: Number(threads), interOpNumThreads: 1, executionMode: 'sequential', graphOptimizationLevel: 'all' };
  const parser = await ort.InferenceSession.create(path.join(work, 'parser.onnx'), options);
  const net = await ort.InferenceSession.create(path.join(work, name + '.onnx'), options);
  const photo = tensor(fill(3 * 512 * 512, (i) => ((i * 40503) % 256) / 127.5 - 1), [1, 3, 512, 512]);
  const once = async () => {
    const { logits } = await parser.run({ face: half(photo.data) });
    await net.run({ lq: photo, map: softmax(logits.data), w: tensor([0.5], [1]) });
  };
  await once();
  const walls = [], begin = process.cpuUsage();
  for (let i = 0; i < Number(runs); i++) {
    const t = process.hrtime.bigint();
    await once();
    walls.push(Number(process.hrtime.bigint() - t) * 1e-9);
  }
  const used = process.cpuUsage(begin);
  walls.sort((a, b) => a - b);
  console.log(JSON.stringify({ wall_s: walls[Math.floor(walls.length / 2)], cpu_s: (used.user + used.system) * 1e-6 / Number(runs),
    peak_mib: Number(/VmHWM:\s+(\d+)/.exec(fs.readFileSync('/proc/self/status', 'utf8'))[1]) / 1024 }));
}

main().catch((e) => { console.error(`ort.js: ${e.message}`); process.exit(1); });
