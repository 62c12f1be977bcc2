# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # 3 · Train or search?
#
# An agent can be strong in two ways: it has **trained** long (paid once), or it **searches** much
# at each move (paid at every move of every game). A search of $n$ **nodes** asks the network
# about $n$ positions before it moves. You have a budget. How do you divide it? *About 20
# minutes.*

# %%
import matplotlib.pyplot as plt
import numpy as np

from course import check, load_agents, near

agents = load_agents()
MOVES = 8  # of one player in a game on 5×5, about

# %% [markdown]
# ## Exercise 1 ● (4 minutes): what search adds
#
# Networks of 4×4, 5×5 and 6×6 were rated with 1, 4, 16, 64 and 256 nodes. `ladder` has a row for
# each network and a column for each number of nodes. What does going from 1 to 256 nodes add on
# average on 5×5, in Elo for *ten times* the nodes? (256 is 10^2.41.)

# %%
ladder = agents.pivot_table(index=["boardsize", "run", "snapshot"], columns="nodes", values="elo")
ladder = ladder.dropna()
# solution
per_tenfold = ((ladder[256] - ladder[1]) / np.log10(256)).groupby("boardsize").mean()
# end
per_tenfold

# %%
check(
    "on 5×5",
    near(per_tenfold[5] if per_tenfold is not ... else None, 147, 3),
    "Divide the difference of two columns by log10(256), then groupby('boardsize').mean().",
)

# %% [markdown]
# **Talk about it.** In lesson 2 ten times the training bought about 350 Elo on 5×5. So is search
# a waste?
#
# <details><summary>Answer</summary>
#
# That depends on how often you play. Ten times the training of a good agent is 10¹¹ FLOPs and
# more, ten times the search at one move is a million. Who plays once should search; who plays a
# million games should train. The rest of the lesson makes this exact.
# </details>
#
# ## Exercise 2 ● (4 minutes): the whole bill
#
# Write down what an agent costs that is trained once and then plays a number of games.


# %%
def bill(train_flops, move_flops, games):
    """FLOPs of training once and playing `games` games of MOVES moves each."""
    # solution
    return train_flops + games * MOVES * move_flops
    # end


# %%
check(
    "1,000 games",
    near(bill(1e9, 1e5, 1000), 1.8e9, 1e3),
    "Training + games · moves · FLOPs a move.",
)

# %% [markdown]
# ## Exercise 3 ●● (6 minutes): the cheapest agent of a strength
#
# We want −200 Elo or better on 5×5. For a number of games, find the row of the cheapest agent
# (`idxmin` gives the label of the smallest value, `.loc` the row).

# %%
good = agents[(agents["boardsize"] == 5) & (agents["elo"] >= -200)]


def cheapest(good, games):
    """The row of the agent with the smallest bill."""
    # solution
    return good.loc[bill(good["train_flops"], good["move_flops"], games).idxmin()]
    # end


# %%
for games in [1, 100, 1_000, 10_000, 100_000, 1_000_000]:
    best = cheapest(good, games)
    if best is None:
        break
    total = bill(best["train_flops"], best["move_flops"], games)
    print(
        f"{games:>9,} games: {best['run']:>10}, {best['nodes']:>3} nodes; "
        f"playing is {1 - best['train_flops'] / total:4.0%} of the bill of {total:.1e}"
    )

# %%
first, last = cheapest(good, 1), cheapest(good, 1_000_000)
check(
    "for one game: much search",
    first is not None and first["nodes"] == 256,
    "bill(good['train_flops'], good['move_flops'], games) is a bill for each row.",
)
check(
    "for a million games: no search",
    last is not None and last["nodes"] == 1,
    "The same with games = 1_000_000.",
)

# %% [markdown]
# ## The slider
#
# Move the number of games and see which agents are the cheapest of their strength. (Where there
# are no sliders, three numbers of games are drawn.)


# %%
def draw(log_games=3.0):
    """Each 5×5 agent's Elo over its bill; a colour for each number of nodes."""
    five = agents[agents["boardsize"] == 5]
    total = bill(five["train_flops"], five["move_flops"], 10**log_games)
    for nodes, colour in zip([1, 16, 256], ["#0072B2", "#E69F00", "#CC79A7"], strict=True):
        here = five["nodes"] == nodes
        plt.plot(total[here], five["elo"][here], "o", ms=4, color=colour, label=f"nodes: {nodes}")
    plt.xscale("log")
    plt.xlim(1e8, 1e14)
    plt.xlabel(f"FLOPs of training and of 10^{log_games:.1f} games")
    plt.ylabel("Elo on 5×5")
    plt.legend()
    plt.show()


if bill(1, 1, 1) == 9:
    try:
        from ipywidgets import interact
    except ImportError:
        for log_games in (1.0, 4.0, 7.0):
            draw(log_games)
    else:
        interact(draw, log_games=(0.0, 8.0, 0.5))

# %% [markdown]
# ## Exercise 4 ●● (4 minutes): break-even
#
# Agent A costs less to train but more a move than agent B. At how many games are their bills
# equal?


# %%
def break_even(a_train, a_move, b_train, b_move):
    """Number of games at which the bills of A and B are equal."""
    # solution
    return (b_train - a_train) / (MOVES * (a_move - b_move))
    # end


# %%
check("a round example", near(break_even(1e9, 2e6, 4e9, 1e6), 375, 0.5), "Set both bills equal.")
try:
    games = break_even(
        first["train_flops"], first["move_flops"], last["train_flops"], last["move_flops"]
    )
    print(f"search pays up to {games:,.0f} games, then training does")
except TypeError:
    pass

# %% [markdown]
# <details><summary>What came out, and what it means</summary>
#
# About 7,400 games: the searching agent is trained for a third of the price, but each of its
# moves costs a hundred times as much. Large language models face the same choice: a larger model,
# or a smaller one that thinks longer at each question. A model that answers millions of questions
# a day is worth training longer.
# </details>
#
# **Exit question.** Your phone plays against you three times a day for ten years. Train or
# search? And a server on which a million people play?
#
# ## ●●● If you are early
#
# On 6×6 a game has about ten moves of a player. Does the break-even move to more games or fewer?
# Is there a strength that search alone never reaches?
