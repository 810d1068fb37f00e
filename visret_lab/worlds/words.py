"""English that two worlds need."""


def with_article(words):
    """'old man' -> 'an old man', 'red ball' -> 'a red ball': by the first letter, which is right for the words of the worlds."""
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"
