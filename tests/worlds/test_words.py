"""English that two worlds need."""

from visret_lab.worlds.words import with_article


def test_a_vowel_takes_an():
    assert with_article("old man") == "an old man"


def test_another_letter_takes_a():
    assert with_article("young woman") == "a young woman"
