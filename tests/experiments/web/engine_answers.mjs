// Answers of the engine, for tests: a list of {file, moves, size, nodes, rule} and of {size, moves, seconds} as
// JSON on standard input; thoughts of the former and verdicts of the latter come out.
//
//   node engine_answers.mjs ENGINE_FOLDER < QUESTIONS

import { readFileSync } from "node:fs";

const folder = process.argv[2];
const { makeAgent } = await import(`${folder}/agents.js`);
const { Solver } = await import(`${folder}/perfect.js`);

const agents = new Map();
const solvers = new Map();

function agentOf(file) {
  if (!agents.has(file)) {
    const bytes = readFileSync(file);
    agents.set(file, makeAgent(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)));
  }
  return agents.get(file);
}

function solverOf(size) {
  if (!solvers.has(size)) solvers.set(size, new Solver(size));
  return solvers.get(size);
}

const answers = JSON.parse(readFileSync(0)).map(({ file, moves, size, nodes, rule, seconds }) =>
  file ? agentOf(file)(moves, size, nodes, rule) : solverOf(size).verdict(moves, seconds),
);
process.stdout.write(JSON.stringify(answers));
