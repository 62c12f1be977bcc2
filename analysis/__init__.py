"""From stored rows to ratings, fitted laws, figures and a report; no networks, no search."""

from hexlaw import refuse_strangers

refuse_strangers()
