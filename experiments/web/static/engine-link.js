// The line to the engine, which thinks in workers so that the page never waits: one for agents, and
// for perfect play, which may take seconds, one for boards up to 5×5 and one for 6×6 (engine/perfect.js
// says why). engine/worker.js says what is asked and answered.

const NUMBERS = 5; // board side; IN_NUMBERS of engine/perfect.js

/** A worker: of the script in the page, if it carries one, else of the server's modules. */
function startWorker() {
  const carried = document.getElementById("engine");
  if (!carried) return new Worker("/web/engine/worker.js", { type: "module" });
  return new Worker(URL.createObjectURL(new Blob([carried.textContent], { type: "text/javascript" })));
}

class Line {
  constructor() {
    this.open = new Map(); // questions without their last answer, by number
    this.counter = 0;
  }

  get worker() {
    if (!this.started) {
      this.started = startWorker();
      this.started.onmessage = ({ data }) => this.hear(data);
      this.started.onerror = (event) => {
        for (const asked of this.open.values()) asked.fail(new Error(event.message || "the engine stopped"));
        this.open.clear();
      };
    }
    return this.started;
  }

  hear(answer) {
    const asked = this.open.get(answer.id);
    if (!asked) return;
    if (answer.done || answer.error) this.open.delete(answer.id);
    if (answer.error) asked.fail(new Error(answer.error));
    else asked.hear(answer);
  }

  ask(question, hear, fail) {
    const id = ++this.counter;
    this.open.set(id, { hear, fail });
    this.worker.postMessage({ id, ...question });
    return () => this.open.delete(id) && this.worker.postMessage({ stop: id });
  }
}

/**
 * The engine.
 *
 * @param weights (player) => a promise of its snapshot's file, an ArrayBuffer
 * @returns {ask}, which is used as link.js's
 */
export function makeEngine(weights) {
  const [thinking, solving, solvingLarge] = [new Line(), new Line(), new Line()];
  const ready = new Map(); // by player: a promise that the worker has its weights

  function prepare(player) {
    if (!ready.has(player)) {
      const sent = weights(player).then((buffer) =>
        thinking.worker.postMessage({ snapshot: player, buffer }, [buffer]));
      sent.catch(() => ready.delete(player)); // to be tried again when it is asked again
      ready.set(player, sent);
    }
    return ready.get(player);
  }

  return {
    ask(question, hear, fail = () => {}) {
      if (question.ask === "verdict" || question.player === "perfect") {
        return (question.size > NUMBERS ? solvingLarge : solving).ask(question, hear, fail);
      }
      if (!question.player.includes("#")) return thinking.ask(question, hear, fail);
      let stop = () => (stop = null);
      prepare(question.player).then(() => stop && (stop = thinking.ask(question, hear, fail)), fail);
      return () => stop?.();
    },
  };
}
