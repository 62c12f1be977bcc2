"""A game in progress between a person, or a program, and a player: moves, undo, thoughts.

What `hexlaw play` shows in a terminal and `hexlaw gtp` answers to a controller. It knows of
neither.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

import games
from experiments.arena.game_records import GameRecord, PlayerRecord
from experiments.players.agents import find_player
from experiments.players.host_states import stack
from experiments.players.move_keys import move_keys, stable_seed
from experiments.players.player import NetworkPlayer, Player, act_in_games
from experiments.players.specs import NetworkSpec, PlayerSpec
from experiments.players.thinking import analyse_moves
from experiments.players.thoughts import Thoughts
from experiments.terminal.explain import describe_thoughts
from games.errors import InputError
from games.protocol import Game, State
from games.text.notation import PLAYER_NAMES, parse_moves, play_through, winner_name
from games.text.sgf import Ending


@dataclasses.dataclass
class Session:
    """One board and the player that thinks about it; another board or budget can be asked for.

    Raises:
        InputError: if the player cannot play there.
    """

    spec: PlayerSpec
    game: Game
    lab: Path | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        self.moves: list[int] = []
        self.resigned: int | None = None
        """Who gave the game up, 0 or 1."""
        self._states: list[State] = [self.game.init()]
        self._load()

    @property
    def state(self) -> State:
        """The position now."""
        return self._states[-1]

    @property
    def to_move(self) -> int:
        """0 or 1."""
        return len(self.moves) % 2

    @property
    def winner(self) -> int | None:
        """0, 1 or, of a draw, -1 once the game is over, on the board or by resignation."""
        if self.resigned is not None:
            return 1 - self.resigned
        return int(self.game.winner(self.state)) if self.game.terminal(self.state) else None

    def play(self, move: str | int) -> int:
        """Play a move, by name or number; returns its action.

        Raises:
            InputError: if it is no move, not legal, or the game is over. Nothing changes then.
        """
        self._refuse_if_over()
        (action,) = parse_moves([move], self.game)
        self._states = play_through(self.game, [*self.moves, action])
        self.moves.append(action)
        return action

    def resign(self, colour: int) -> None:
        """Let 0 or 1 give the game up.

        Raises:
            InputError: if the game is over.
        """
        self._refuse_if_over()
        self.resigned = colour

    def undo(self, plies: int = 1) -> None:
        """Take back the last moves; a resignation is the last of them.

        Raises:
            InputError: if there are not as many.
        """
        if self.resigned is not None:
            self.resigned, plies = None, plies - 1
        if plies > len(self.moves):
            raise InputError("there is no move to take back")
        self.moves = self.moves[: len(self.moves) - plies]
        self._states = self._states[: len(self.moves) + 1]

    def restart(self, size: int | None = None) -> None:
        """An empty board, of another size if one is given.

        Raises:
            InputError: if the player cannot play there; then nothing changes.
        """
        if size is not None and size != self.game.size:
            game = games.make(self.game.name, size)
            player = find_player(self.spec, game, self.lab)
            self.close()
            self.game, (self._player, self.spec) = game, player
        self.moves, self._states, self.resigned = [], [self.game.init()], None

    def choose(self) -> int:
        """The player's move here, or `RESIGNS`; it is not played.

        Raises:
            InputError: if the game is over.
        """
        self._refuse_if_over()
        here = stack([self.state])
        return int(act_in_games(self._player, here, [self.moves], self._key())[0])

    def think(self) -> Thoughts | None:
        """What the player thinks of the position; none if it has no network."""
        self._refuse_if_over()
        if not isinstance(self._player, NetworkPlayer):
            return None
        choice = self.choose()
        analysis = analyse_moves(self.game, self._player, [*self.moves, choice], self._game_seed())
        return analysis[-1]

    def describe(self, thoughts: Thoughts) -> str:
        """What the player thinks in words, with what it took and why no more."""
        spent = ""
        if isinstance(self.spec, NetworkSpec) and thoughts.evaluations is not None:
            spent = self.spec.strategy.spent(thoughts.evaluations)
        return describe_thoughts(thoughts, self.game, self.spec.text, spent)

    def set_nodes(self, nodes: int) -> None:
        """Give the player another search budget from here on.

        Raises:
            InputError: if it does not search, or cannot with so many nodes.
        """
        if not isinstance(self.spec, NetworkSpec) or not self.spec.strategy.has_budget:
            raise InputError(f"{self.spec.text} has no nodes to set")
        if not 1 <= nodes <= 4096:
            raise InputError(f"nodes must be 1 to 4096, not {nodes}")
        strategy = self.spec.strategy.with_nodes(nodes)
        self.spec = self.spec.model_copy(update={"strategy": strategy})
        self._load()

    def record(self, black: str, white: str) -> GameRecord:
        """The game so far."""
        return GameRecord(
            game=self.game.name,
            boardsize=self.game.size,
            moves=list(self.moves),
            black=PlayerRecord(name=black),
            white=PlayerRecord(name=white),
            winner=self.winner,
            ending=self._ending,
        )

    def close(self) -> None:
        """End the player, if it is an engine."""
        getattr(self._player, "close", lambda: None)()

    @property
    def _ending(self) -> Ending | None:
        if self.resigned is not None:
            return "resigned"
        return None if self.winner is None else "board"

    def _refuse_if_over(self) -> None:
        if self.resigned is not None:
            raise InputError(f"the game is over: {PLAYER_NAMES[self.resigned]} resigned")
        if self.winner is not None:
            raise InputError(f"the game is over: {winner_name(self.winner)} has won")

    def _load(self) -> None:
        self._player: Player
        self._player, self.spec = find_player(self.spec, self.game, self.lab)

    def _game_seed(self) -> int:
        return stable_seed(self.seed, self.game.size)

    def _key(self) -> np.ndarray:
        return move_keys([self._game_seed()], len(self.moves))
