// The line to the server: rows by HTTP, questions about positions by one socket.
//
// Small networks are asked in the page itself: the server would have to compile their search first.
// Every question carries its position, so after a broken connection it is simply asked again.

import { useEffect, useState } from "preact/hooks";
import { makeEngine } from "hexlaw/engine-link.js";
import { download, rowsBy } from "hexlaw/rows.js";

const AT_ONCE = 4; // questions that the server takes from one visitor at the same time
const RETRY = [200, 500, 1000, 2000, 5000]; // milliseconds between attempts to connect

const engine = makeEngine(weights);
let inPage = { players: new Set(), rules: [] }; // whom the engine may be asked, by which rules

let socket = null;
let attempts = 0;
let counter = 0;
const open = new Map(); // questions without their last answer, by number, oldest first
const watchers = new Set();

const isOpen = () => socket?.readyState === WebSocket.OPEN;

function connect() {
  if (socket && socket.readyState <= WebSocket.OPEN) return;
  socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/play`);
  socket.onopen = () => {
    attempts = 0;
    for (const asked of open.values()) asked.sent = false;
    pump();
    tell();
  };
  socket.onmessage = (event) => {
    const answer = JSON.parse(event.data);
    const asked = open.get(answer.id);
    if (!asked) return;
    if (answer.done || answer.error) {
      open.delete(answer.id);
      pump();
    }
    if (answer.error) asked.fail(new Error(answer.error));
    else asked.hear(answer);
  };
  socket.onclose = () => {
    tell();
    setTimeout(connect, RETRY[Math.min(attempts++, RETRY.length - 1)]);
  };
}

/** Send what may be sent now; the rest waits for answers. */
function pump() {
  if (!isOpen()) return;
  let running = 0;
  for (const asked of open.values()) {
    if (++running > AT_ONCE) return;
    if (!asked.sent) socket.send(JSON.stringify(asked.question));
    asked.sent = true;
  }
}

const tell = () => watchers.forEach((watcher) => watcher(isOpen()));

/**
 * Ask about a position.
 *
 * @param question {ask, game, size, moves, player, nodes, rule}
 * @param hear called with each answer
 * @param fail called with an error that says why there is none
 * @returns a function that takes the question back
 */
export function ask(question, hear, fail = () => {}) {
  const { ask: what, player, rule } = question;
  if (["move", "thoughts"].includes(what) && inPage.players.has(player) && inPage.rules.includes(rule)) {
    return engine.ask(question, hear, fail);
  }
  const id = ++counter;
  const asked = { question: { id, ...question }, hear, fail, sent: false };
  open.set(id, asked);
  connect();
  pump();
  return () => {
    if (open.delete(id) && asked.sent && isOpen()) socket.send(JSON.stringify({ stop: id }));
    pump();
  };
}

/** Whether the server can be reached now; believed until a first attempt fails. */
export function useConnected() {
  const [connected, setConnected] = useState(true);
  useEffect(() => {
    watchers.add(setConnected);
    connect();
    return () => watchers.delete(setConnected);
  }, []);
  return connected;
}

/** Rows of the lab; throws what the server has against it. */
export async function load(path) {
  const response = await fetch(path);
  const found = await response.json();
  if (!response.ok) throw new Error(found.error);
  if (found.engine) inPage = { players: new Set(found.engine.players), rules: found.engine.rules };
  return found;
}

/** The file of a player's snapshot. */
async function weights(player) {
  const response = await fetch(`/api/snapshot/${player.replace("#", "/")}`);
  if (!response.ok) throw new Error((await response.json()).error);
  return response.arrayBuffer();
}

export const useRows = rowsBy(load);

/** Have the server make a file of a game and hand it to the browser. */
export async function save(name, game) {
  const response = await fetch(`/save/${name}`, { method: "POST", body: JSON.stringify(game) });
  if (!response.ok) throw new Error((await response.json()).error);
  download(name, URL.createObjectURL(await response.blob()));
}

/** Save a stored game: "sgf" or "html". */
export const saveStored = async (id, form) => download(`game-${id}.${form}`, `/game/${id}.${form}`);
