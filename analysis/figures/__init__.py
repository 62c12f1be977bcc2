"""The figures, one function each, by topic; fitting is done elsewhere, here it is only drawn."""
