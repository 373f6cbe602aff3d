"""Balance: even out the load of groups of units by moving few of them, with the reason for each move."""

from geo.balance.division import BalanceRefused, Division, Wish
from geo.balance.proposals import Balance, Evenness, Move, Omitted, Proposal, Why, WhyNot, balance, warm_up
from geo.balance.search import Aim
from geo.balance.verdict import Cause, Left, Split

__all__ = [
    "Aim",
    "Balance",
    "BalanceRefused",
    "Cause",
    "Division",
    "Evenness",
    "Left",
    "Move",
    "Omitted",
    "Proposal",
    "Split",
    "Why",
    "WhyNot",
    "Wish",
    "balance",
    "warm_up",
]
