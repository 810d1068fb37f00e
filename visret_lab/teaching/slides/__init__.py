"""`visret slides`: a chapter's marked cells as a deck that needs no network."""
