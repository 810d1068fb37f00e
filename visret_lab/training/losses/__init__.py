"""Losses for learning to retrieve: what a pair, a triplet or a ranked list has to pay."""
