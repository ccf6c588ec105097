// Jobs that do nothing through graphile-worker: how many a second, and how soon each is begun.
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const { run, makeWorkerUtils, Logger } = require("graphile-worker");

const connectionString = process.env.RIVAL_DATABASE;
const workers = Number(process.env.RIVAL_WORKERS);
const seconds = Number(process.env.RIVAL_SECONDS);
const rate = Number(process.env.RIVAL_RATE);
const quiet = new Logger(() => () => {});
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const utils = await makeWorkerUtils({ connectionString, logger: quiet });
await utils.migrate();

// As many as could be done, in one statement.
await utils.withPgClient((client) =>
  client.query(
    "select count(graphile_worker.add_job('noop')) from generate_series(1, $1::int)",
    [seconds * 6000],
  ),
);

let finished = 0;
const began = [];
const runner = await run({
  connectionString,
  concurrency: workers,
  maxPoolSize: workers + 4,
  noHandleSignals: true,
  pollInterval: 1000,
  logger: quiet,
  taskList: {
    noop: async () => {
      finished += 1;
    },
    timed: async (payload) => {
      began.push(performance.now() - payload.due);
    },
  },
});
await sleep(1000);
const before = finished;
const from = performance.now();
await sleep(seconds * 1000);
const jobs = finished - before;
const took = performance.now() - from;

// What is left would only be in the way.
await utils.withPgClient((client) => client.query("delete from graphile_worker._private_jobs where locked_at is null"));
await sleep(1000);
const begin = performance.now() + 100;
const adding = [];
for (let number = 0; number < rate * seconds; number += 1) {
  const due = begin + (number * 1000) / rate;
  const wait = due - performance.now();
  if (wait > 0) await sleep(wait);
  adding.push(utils.addJob("timed", { due }));
}
await Promise.all(adding);
for (let waited = 0; began.length < rate * seconds && waited < 30000; waited += 50) await sleep(50);
await runner.stop();
await utils.release();
began.sort((one, other) => one - other);
const at = (percent) => Math.round(1000 * began[Math.ceil((began.length * percent) / 100) - 1]);
console.log(
  JSON.stringify({
    jobs_a_second: Math.round((jobs * 1000) / took),
    p50_micros: at(50),
    p99_micros: at(99),
  }),
);
process.exit(0);
