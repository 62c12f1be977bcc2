// The boards of a lab: which there are, which can be played here, and a view's position on one.

import { useEffect, useMemo, useState } from "preact/hooks";
import { ask } from "hexlaw/link.js";
import { makePosition } from "hexlaw/positions.js";
import { RULES } from "hexlaw/rules-here.js";

/** What is known of a board by its key; its name at least, everything that is drawn once that is there. */
export const boardOf = (lab, key) => lab.drawn?.[key] ?? lab.boards.find((board) => board.key === key);

/** [key, name] of all boards, or of those that can be played here. */
export const boardOptions = (lab) => lab.boards.map(({ key }) => [key, boardOf(lab, key).name]);
export const playableOptions = (lab) => boardOptions(lab).filter(([key]) => lab.drawn[key]?.playable);

/** The board that an address asks for, if it can be played: `board=hex-5`, or its size alone, of Hex. */
export function boardAsked(lab, settings) {
  const key = settings.get("board") ?? (settings.has("size") ? `hex-${settings.get("size")}` : null);
  return lab.drawn[key]?.playable ? key : null;
}

/** The moves that an address asks for. */
export const movesAsked = (settings) => (settings.get("moves") ?? "").split(",").filter(Boolean).map(Number);

/** A position in addresses. */
export const placeOf = (board, moves) => `board=${board.key}&moves=${moves.join(",")}`;

/** What is asked of a position: the part that every question has. */
export const asPosition = ({ game, size }, moves) => ({ game, size, moves });

/**
 * The position after some moves, of any game: by the rules that the page has, or told by the server.
 * Until that has answered, the one before it, in which nothing can be played.
 *
 * @returns {position, waits, error}
 */
export function usePosition(board, moves) {
  const key = `${board.key}:${moves.join()}`;
  const [told, setTold] = useState({}); // the last answer: {key, board, said, error}
  const known = useMemo(() => RULES[board.game]?.(board, moves), [key]);
  useEffect(() => {
    if (known) return;
    const put = (news) => setTold((before) => ({ ...before, error: undefined, ...news, key }));
    return ask({ ask: "position", ...asPosition(board, moves) },
      (said) => put({ board: board.key, position: makePosition(board, said, moves.length % 2) }),
      (problem) => put({ error: problem.message }));
  }, [key]);
  if (known) return { position: known, waits: false };
  if (told.key === key && !told.error) return { position: told.position, waits: false };
  const before = told.board === board.key ? told.position : makePosition(board, {}, 0);
  return { position: { ...before, ways: {} }, waits: true, error: told.key === key ? told.error : undefined };
}

/** A game's course as `positionsOf` wants it, of a game that was played here; null until it is told. */
export function useCourse(board, moves) {
  const key = `${board.key}:${moves.join()}`;
  const [told, setTold] = useState({});
  const known = useMemo(() => {
    const { over, won, chain } = RULES[board.game]?.(board, moves) ?? {};
    return over === undefined ? null : { changes: null, ways: null, over, won, chain };
  }, [key]);
  useEffect(() => {
    if (!known) return ask({ ask: "course", ...asPosition(board, moves) }, (course) => setTold({ key, course }));
  }, [key]);
  return known ?? (told.key === key ? told.course : null);
}

/** Why nobody can be played against on a board. */
export const unplayable = ({ name }) =>
  `Agents of ${name} cannot be asked in this page, which has the rules of Hex alone; their games can be looked at, and hexlaw serve plays them.`;
