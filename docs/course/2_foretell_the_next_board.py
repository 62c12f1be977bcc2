# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # 2 · Foretell the next board
#
# Training costs computing. A **FLOP** is one multiplication or addition; training a small network
# on 5×5 takes ten thousand million of them (10¹⁰), a second or so of a laptop. In this lesson you
# find out how strength grows with training compute, and use boards of 4×4 and 5×5 to **foretell**
# what 6×6 costs. Then you open the envelope. *About 25 minutes.*

# %%
import matplotlib.pyplot as plt
import numpy as np

from course import COLOURS, check, load_agents, near

agents = load_agents()
agents.head()

# %% [markdown]
# A row is an agent: a network at one moment of its training (a *snapshot*), with the search it
# uses when it plays. `nodes` says how much it searches; 64 everywhere in this lesson. **Elo 0 is
# perfect play** on each board, so all are below, except by luck. The guide explains every column.
#
# ## Exercise 1 ● (4 minutes): look at it
#
# Keep the agents with 64 nodes, and of these the ones on 5×5.

# %%
# solution
searching = agents[agents["nodes"] == 64]
five = searching[searching["boardsize"] == 5]
# end

# %%
check(
    "agents on 5×5", len(five) == 378 if five is not ... else False, "Compare both columns with ==."
)

# %%
if five is not ...:
    plt.plot(five["train_flops"], five["elo"], ".", ms=4)
    plt.xlabel("training FLOPs")
    plt.ylabel("Elo on 5×5")
    plt.xscale("log")
    plt.show()

# %% [markdown]
# **Talk about it.** Why is the axis logarithmic? Why do points scatter downwards, never far
# upwards?
#
# <details><summary>Answer</summary>
#
# Budgets span five powers of ten; on a linear axis all but the last would lie on one line at the
# left. Upwards there is an edge: for a given compute there is a best that anybody here has
# reached. Downwards there is no limit to waste: a network too small stops learning, one too large
# has hardly begun.
# </details>
#
# ## Exercise 2 ●● (6 minutes): the frontier
#
# The upper edge is the **frontier**: the agents that nobody beats with less compute. Sort by
# compute; an agent is on the frontier if its Elo is above the best before it (pandas: `cummax`,
# `shift`).


# %%
def frontier(points):
    """The agents that are stronger than all that cost less, the cheapest first."""
    points = points.sort_values(["train_flops", "elo"], ascending=[True, False])
    # solution
    best_before = points["elo"].cummax().shift(fill_value=-9999)
    return points[points["elo"] > best_before]
    # end


# %%
edge = frontier(five) if five is not ... else None
check(
    "it only climbs",
    edge is not None and edge["elo"].is_monotonic_increasing and len(edge) < 60,
    "points['elo'].cummax().shift(fill_value=-9999) is the best before.",
)

# %% [markdown]
# ## Exercise 3 ●● (5 minutes): a straight line, and where it fails
#
# Between −700 and −50 Elo the frontier is nearly a line in the logarithm of compute. Fit `elo =
# slope * log10(train_flops) + constant` there with `np.polyfit`.


# %%
def line(size):
    """Slope (Elo for ten times the compute) and constant of a board's frontier."""
    edge = frontier(searching[searching["boardsize"] == size])
    climb = edge[(edge["elo"] > -700) & (edge["elo"] < -50)]
    # solution
    slope, constant = np.polyfit(np.log10(climb["train_flops"]), climb["elo"], 1)
    return slope, constant
    # end


# %%
try:
    slope, constant = line(5)
except TypeError:
    slope = None
check("slope on 5×5", near(slope, 354, 15), "np.polyfit(x, y, 1) gives slope and constant.")

# %% [markdown]
# **Talk about it.** Ten times the compute buys about 350 Elo on 5×5. Does the line go on for
# ever?
#
# <details><summary>Answer</summary>
#
# No. Perfect play cannot be improved: at zero the frontier bends and stays flat. Below −700 it is
# flatter, too: there agents play almost at random. A *law* holds in a range, say which.
# </details>
#
# ## Exercise 4 ●● (6 minutes): foretell 6×6
#
# How much compute reaches −200 Elo, which against perfect play is one win in four? Solve your
# line for it on 4×4 and 5×5.


# %%
def log_compute_at(elo, size):
    """log10 of the training FLOPs at which a board's line reaches this Elo."""
    # solution
    slope, constant = line(size)
    return (elo - constant) / slope
    # end


# %%
check("4×4", near(log_compute_at(-200, 4), 8.65, 0.1), "elo = slope · x + constant, solved for x.")
check("5×5", near(log_compute_at(-200, 5), 10.47, 0.1), "The same on the larger board.")

# %% [markdown]
# One more row and column took 1.85 powers of ten: a factor of 71. **Write your forecast for 6×6
# down, with a range that you would bet on, before you run the next cell.**

# %%
forecast = ...  # log10 of the FLOPs that reach -200 Elo on 6×6
# solution
forecast = log_compute_at(-200, 5) + (log_compute_at(-200, 5) - log_compute_at(-200, 4))
# end

# %%
check("a number", near(forecast, 12.3, 1.0), "One more board, one more factor, in logarithms.")

# %% [markdown]
# ## Open the envelope

# %%
if near(forecast, 12.3, 1.0):
    truth = log_compute_at(-200, 6)
    apart = 10 ** abs(forecast - truth)
    print(f"foretold 10^{forecast:.2f}, found 10^{truth:.2f}: a factor {apart:.1f}")
    for size in (4, 5, 6):
        edge = frontier(searching[searching["boardsize"] == size])
        plt.plot(
            edge["train_flops"],
            edge["elo"],
            ".-",
            ms=4,
            color=COLOURS[size],
            label=f"{size}×{size}",
        )
    plt.axvline(10**forecast, color="black", ls=":", label="foretold for −200 on 6×6")
    plt.axhline(-200, color="black", lw=0.5)
    plt.xscale("log")
    plt.xlabel("training FLOPs")
    plt.ylabel("best Elo so far")
    plt.legend()
    plt.show()

# %% [markdown]
# <details><summary>What came out, and what it means</summary>
#
# The forecast is right within a factor of 1.7 where the whole step is a factor of 71: small
# boards tell of larger ones. That is a scaling law, and how large models are planned. But the
# factor fell from 71 to 42: two steps are little to go by.
# </details>
#
# **Exit question.** What would 7×7 cost? Give a range, and say what could make you wrong.
#
# <details><summary>Answer</summary>
#
# With factors of 42 to 71 from 10¹²·¹: 10¹³·⁷ to 10¹³·⁹. Wrong if the factor goes on falling
# (Jones found about 7 on boards from 3×3 to 9×9 with another way of training), if 128 neurons are
# too few for 7×7, or if the best settings change with the board. Nobody has run 7×7 with this
# recipe in the stored run.
# </details>
#
# ## ●●● If you are early
#
# The project fits one law to all boards, with intervals from drawing the runs anew. Where hexlaw
# is installed (`pip install hexlaw`), this asks it; compare its slope and factor with yours.

# %%
try:
    from analysis.laws.law import fit_law
except ImportError:
    print("hexlaw is not installed here: skip this cell")
else:
    points = agents[agents["nodes"] == 64].rename(columns={"run": "run_id"})
    law = fit_law(points, resamples=20, seed=0)
    print(f"Elo for ten times the compute: {law.law.incline_flops:.0f}")
    print(f"compute for one more row and column: {law.law.factor_per_size:.0f} times")
