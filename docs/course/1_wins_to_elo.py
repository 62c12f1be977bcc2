# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # 1 · From wins to Elo
#
# Six programs have learnt to play the board game **Hex** on a board of 5×5 cells, each by playing
# against itself. Everybody played everybody else 16 times. Who is strong, by how much, and how
# sure can we be? You will find out with thirty lines of Python. *About 25 minutes.*
#
# **Elo** is a scale of strength. Only differences count: an agent that is 400 Elo ahead wins ten
# games for each one that it loses.
#
# Where you see `...`, write an answer, run the cell (Shift+Enter) and read what the check says. ●
# is easy, ●● takes a moment, ●●● is for those who are early. Answers are folded below.

# %%
import matplotlib.pyplot as plt
import numpy as np
from scipy.optimize import minimize

from course import check, near

# %% [markdown]
# ## Exercise 1 ● (3 minutes): what a lead is worth
#
# With a lead of $d$ Elo, the expected share of wins is $1 / (1 + 10^{-d/400})$. Write it down.


# %%
def expected_share(lead):
    """Expected share of the games that an agent with this lead (in Elo) wins."""
    # solution
    return 1 / (1 + 10 ** (-lead / 400))
    # end


check("equals share the wins", near(expected_share(0), 0.5, 1e-9), "What is 10 to the power of 0?")
check("400 ahead wins 10 of 11", near(expected_share(400), 10 / 11, 1e-6), "Mind the minus sign.")

# %% [markdown]
# **Predict before you go on.** One agent is 200 ahead, another 800. What share of games do they
# win?
#
# <details><summary>Answer</summary>
#
# 0.76 and 0.99. A lead of 800 is already hard to measure: in 16 games you expect 0.16 losses, so
# mostly you see none, and a score of 16 : 0 fits 800 and 2,000 alike.
# </details>

# %% [markdown]
# ## The games
#
# `wins[i, j]` says how often agent *i* beat agent *j*. All six are real: agents of the stored
# run, whose games are in this project's tables. They differ in the size of their network and in
# how long they were trained.

# %%
names = ["Ada", "Bo", "Cy", "Di", "Eli", "Fay"]
wins = np.array(
    [
        [0, 6, 1, 2, 0, 0],  # Ada
        [10, 0, 2, 0, 0, 1],  # Bo
        [15, 14, 0, 1, 2, 0],  # Cy
        [14, 16, 15, 0, 6, 2],  # Di
        [16, 16, 14, 10, 0, 5],  # Eli
        [16, 15, 16, 14, 11, 0],  # Fay
    ]
)

# %% [markdown]
# ## Exercise 2 ● (3 minutes): the obvious answer
#
# Compute each agent's share of its own games that it won.

# %%
# solution
share = wins.sum(axis=1) / (wins + wins.T).sum(axis=1)
# end

# %%
check("Fay is on top", near(np.max(share), 0.9, 0.005), "Wins along a row, games both ways.")

# %% [markdown]
# **Talk about it (2 minutes).** In a league where Fay met only Ada and Bo, and Eli only Fay and
# Di, would this share still tell who is stronger?
#
# <details><summary>Answer</summary>
#
# No. A share of wins depends on whom you met. A rating asks for the strengths that explain *who
# beat whom*; that is why it can compare agents that never met.
# </details>

# %% [markdown]
# ## Exercise 3 ●● (7 minutes): the strengths that explain the games best
#
# Choose six numbers `elo`. Under them, agent *i* beats *j* with probability
# `expected_share(elo[i] - elo[j])`. The **log-likelihood** of what happened is the sum, over all
# pairs, of `wins[i, j]` times the logarithm of that probability. The best strengths make it
# largest. (This is the model of Bradley and Terry, 1952; chess clubs, and this project, rate that
# way.)


# %%
def log_likelihood(elo, wins):
    """How well strengths explain the wins: the larger, the better."""
    # solution
    lead = elo[:, None] - elo[None, :]
    return (wins * np.log(expected_share(lead))).sum()
    # end


def rate(wins):
    """The best strengths, with the strongest agent at zero."""

    def badness(elo):
        return -log_likelihood(elo, wins) + 1e-6 * (elo**2).sum()  # the end keeps it finite

    found = minimize(badness, np.zeros(len(wins)), method="L-BFGS-B").x
    return found - found.max()


# %%
start = log_likelihood(np.zeros(6), wins)
check(
    "without any knowledge every game is a coin toss",
    near(start, wins.sum() * np.log(0.5), 1e-6),
    "elo[:, None] - elo[None, :] is the table of all leads.",
)

# %%
# solution
elo = rate(wins)
for name, rating in zip(names, elo, strict=True):
    print(f"{name}: {rating:6.0f}")
# end

# %%
rated = np.ndim(elo) > 0
check(
    "Di's rating",
    rated and near(elo[3], -273, 12),
    "Call rate(wins) and keep the result in elo.",
)

# %% [markdown]
# <details><summary>What you should see</summary>
#
# The order is that of the shares, but not the steps: Bo wins 16 % of its games and Ada 11 %,
# which is 66 Elo; Cy wins 40 %, which is 290 Elo more. Everybody stands below zero, because zero
# is the best of these six by our choice. Add 1,000 to all and nothing changes.
# </details>

# %% [markdown]
# ## Exercise 4 ●● (6 minutes): how sure are we?
#
# Sixteen games a pair are few. Pretend to play them all again: draw the wins of each pair anew,
# with the share that was seen (a **bootstrap**), rate again, repeat. The middle 95 % of the
# ratings are an interval of confidence.


# %%
def play_again(wins, random):
    """One more league in which each pair plays as many games, with the shares that were seen."""
    games = wins + wins.T
    again = np.zeros_like(wins)
    for i in range(len(wins)):
        for j in range(i):
            again[i, j] = random.binomial(games[i, j], wins[i, j] / games[i, j])
            again[j, i] = games[i, j] - again[i, j]
    return again


random = np.random.default_rng(1)
# solution
ratings = np.array([rate(play_again(wins, random)) for _ in range(100)])
low, high = np.percentile(ratings, [2.5, 97.5], axis=0)
# end

# %%
done = np.ndim(low) > 0
check(
    "Di's interval holds its rating",
    done and low[3] < elo[3] < high[3],
    "ratings has a row for each league; take percentiles along axis 0.",
)
check(
    "it is wide",
    done and near(high[3] - low[3], 300, 120),
    "np.percentile(ratings, [2.5, 97.5], axis=0)",
)

# %%
if done:
    plt.errorbar(elo, names, xerr=[np.maximum(elo - low, 0), np.maximum(high - elo, 0)], fmt="o")
    plt.xlabel("Elo, best of the six at 0; bars hold 95 % of leagues played again")
    plt.show()

# %% [markdown]
# **Exit question.** Somebody claims that Cy is stronger than Bo. What would convince you, and how
# many games would it take?
#
# <details><summary>Answer</summary>
#
# Their intervals, or better the interval of their *difference*, must leave out zero. An error
# shrinks with the square root of the games: half the width takes four times as many.
# </details>
#
# ## ●●● If you are early
#
# Remove all games between the two best agents and rate again. How far do they move? Then remove
# everything but a chain (Ada–Bo, Bo–Cy, …, Eli–Fay): what becomes of the intervals at the far
# end?
