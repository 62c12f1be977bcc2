"""From stored rows to ratings, fitted laws, figures and a report; no networks, no search."""
