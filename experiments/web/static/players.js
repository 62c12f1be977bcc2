// Choosing a player and its budget, wherever the page asks for one.

import { html, milliseconds, power, whole } from "hexlaw/ui.js";
import { Word } from "hexlaw/words.js";

/** The players of a board: its snapshots by run, and those that need no training. */
export function playersOf(lab, board) {
  const snapshots = lab.snapshots.filter((snapshot) => snapshot.board === board.key);
  const others = [["random", "random moves"]];
  if (board.solved) others.unshift(["perfect", "perfect play"]);
  return { runs: Map.groupBy(snapshots, (snapshot) => snapshot.run), others };
}

/** What a view says that has nothing to play on. */
export const NoBoard = () => html`<p>The lab holds no board that can be played here. <a href="#/agents">See its agents</a>.</p>`;

export const isNetwork = (player) => player.includes("#");

export function nameOf(lab, player) {
  return lab.snapshots.find((snapshot) => snapshot.key === player)?.name ?? player;
}

/** The opponent that the lab offers on a board, else the last snapshot, else whoever there is. */
export function bestOf(lab, board) {
  const last = lab.snapshots.findLast((snapshot) => snapshot.board === board.key);
  return lab.opponents[board.key] ?? last?.key ?? "random";
}

const LEVELS = 6;

/**
 * Agents of a board from weak to strong, about evenly apart in Elo: of those near each step, the
 * one whose moves cost least. Only agents that the page can ask just as they were rated.
 */
export function levelsOf(lab, board) {
  const able = lab.agents.filter((agent) =>
    agent.board === board.key && agent.snapshot && agent.scale === "main" && agent.quiet &&
    lab.rules.includes(lab.rule_of[agent.id]) && lab.budgets.includes(agent.nodes));
  if (!able.length) return [];
  // Who is known badly is no measure: the widest fifth is left out while others are there.
  const widths = able.map((agent) => agent.high - agent.low).sort((a, b) => a - b);
  const widest = widths[Math.floor(0.8 * (widths.length - 1))];
  const known = able.filter((agent) => agent.high - agent.low <= widest);
  const elos = known.map((agent) => agent.elo);
  const [low, high] = [Math.min(...elos), Math.max(...elos)];
  const apart = (high - low) / (LEVELS - 1);
  const steps = [...Array(apart ? LEVELS : 1).keys()].map((k) => {
    const away = (agent) => Math.abs(agent.elo - (low + k * apart));
    const near = known.filter((agent) => away(agent) <= apart / 4);
    const cost = (agent) => agent.move_flops + agent.train_flops * 1e-9;
    return near.length
      ? near.reduce((a, b) => (cost(b) < cost(a) ? b : a))
      : known.reduce((a, b) => (away(b) < away(a) ? b : a));
  });
  return [...new Set(steps)].sort((a, b) => a.elo - b.elo);
}

/** What a level means to the page: a player, its nodes and its rule. */
const choiceOf = (lab, agent) => ({ player: agent.snapshot, nodes: agent.nodes, rule: lab.rule_of[agent.id] });

/** The opponents of a board as levels, and those beside them. */
export function LevelChoice({ lab, board, value, onChange }) {
  const levels = levelsOf(lab, board);
  const is = (agent) => value.player === agent.snapshot && value.nodes === agent.nodes && value.rule === lab.rule_of[agent.id];
  const row = (key, chosen, name, facts, choice) => html`<label key=${key} class=${chosen ? "chosen" : ""}>
    <input type="radio" name="level" checked=${chosen} onChange=${() => onChange(choice)} />
    <strong>${name}</strong> <span>${facts}</span></label>`;
  const cost = (agent) => `Elo ${whole(agent.elo)} (${whole(agent.low)} to ${whole(agent.high)}), ${power(agent.move_flops)} FLOPs a move, ${power(agent.train_flops)} to train`;
  return html`<fieldset class="levels"><legend>Against</legend>
    ${row("random", value.player === "random", "Random", "moves drawn from a hat", { player: "random" })}
    ${levels.map((agent, k) => row(agent.id, is(agent), `Level ${k + 1}`, cost(agent), choiceOf(lab, agent)))}
    ${board.solved && row("perfect", value.player === "perfect", "Perfect", "never gives a win or a draw away", { player: "perfect" })}
  </fieldset>
  <p class="legend">What is <${Word} of="Elo" />, what are <${Word} of="FLOPs" />, what is <${Word} of="perfect play" />?</p>`;
}

/** A game's opponent in a few words: its level, or its name. */
export function titleOf(lab, board, { player, nodes, rule }) {
  const level = levelsOf(lab, board).findIndex((agent) =>
    agent.snapshot === player && agent.nodes === nodes && lab.rule_of[agent.id] === rule);
  if (level >= 0) return `Level ${level + 1}`;
  return { random: "Random", perfect: "Perfect play" }[player] ?? nameOf(lab, player);
}

export function PlayerChoice({ lab, board, value, onChange, label, networks = false }) {
  const { runs, others } = playersOf(lab, board);
  return html`<label>${label}${" "}
    <select value=${value} onChange=${(event) => onChange(event.target.value)}>
      ${[...runs].reverse().map(([run, snapshots]) => html`<optgroup label=${run}>
        ${snapshots.map((each) => html`<option value=${each.key}>${each.name}</option>`)}
      </optgroup>`)}
      ${!networks && html`<optgroup label="without a network">${others.map(([key, name]) => html`<option value=${key}>${name}</option>`)}</optgroup>`}
    </select>
  </label>`;
}

/** The second network of a search that asks two: the one chosen if it plays on the board, else the lab's best. */
export function secondOf(lab, board, { rule, second }) {
  if (!lab.of_two.includes(rule)) return undefined;
  const plays = lab.snapshots.some((snapshot) => snapshot.key === second && snapshot.board === board.key);
  if (plays) return second;
  const best = bestOf(lab, board);
  return isNetwork(best) ? best : lab.snapshots.findLast((snapshot) => snapshot.board === board.key)?.key;
}

/** How a network is searched, and which other one a search of two asks. */
export function RuleChoice({ lab, board, value, onChange }) {
  const rules = [...lab.rules, ...lab.of_two];
  if (rules.length < 2) return null;
  const second = secondOf(lab, board, value);
  return html`<label>Search${" "}
    <select value=${value.rule} onChange=${(event) => onChange({ rule: event.target.value })}>
      ${rules.map((rule) => html`<option value=${rule}>${rule}</option>`)}
    </select>
  </label>
  ${second && html`<${PlayerChoice} lab=${lab} board=${board} value=${second} label="and asks" networks
    onChange=${(next) => onChange({ second: next })} />`}`;
}

/** The agent that the lab has rated with this budget, if there is one. */
export const ratedAs = (lab, { player, nodes, rule }) =>
  lab.agents.find((agent) =>
    agent.snapshot === player && agent.nodes === nodes && lab.rule_of[agent.id] === rule && agent.elo !== null);

/** A slider over the budgets, with what each is worth and costs; nothing for a strategy that has none. */
export function NodesSlider({ lab, choice, onChange, seconds }) {
  if (lab.without_nodes.includes(choice.rule)) return null;
  const rated = ratedAs(lab, choice);
  const node = lab.node_flops[choice.player];
  const name = (nodes) => `${whole(nodes)} ${nodes === 1 ? "node: at first sight" : "nodes"}`;
  return html`<div class="nodes">
    <label>Thinks with <strong>${name(choice.nodes)}</strong>
      <input type="range" min="0" max=${lab.budgets.length - 1} value=${lab.budgets.indexOf(choice.nodes)}
        aria-valuetext=${name(choice.nodes)} onInput=${(event) => onChange(lab.budgets[event.target.value])} />
    </label>
    <p class="cost"><${Word} of="node">What is a node?<//>${" "}
      ${rated ? `Elo ${whole(rated.elo)} (${whole(rated.low)} to ${whole(rated.high)})` : "not rated with so many"}
      ${node && !lab.of_two.includes(choice.rule) && `, ${power(choice.nodes * node)} FLOPs a move`}
      ${seconds !== undefined && `, the last took ${milliseconds(seconds)}`}
    </p>
  </div>`;
}
