"""Exhibits of the three-way law: exchange, best size, plans by use. Begin at `all.law_exhibits`."""
