import pytest

from visret_lab.teaching import page


@pytest.mark.parametrize(("text", "want"), [
    ("gain +0.10 (p = 0.000).", "gain +0.10 (p < 0.001)."), ("p = 0.0004", "p = 0.0004"), ("p = 0.012", "p = 0.012"),
    ("mAP = 0.000", "mAP = 0.000")])
def test_a_sentence_never_says_that_a_p_value_is_zero(monkeypatch, text, want):
    seen = []
    monkeypatch.setattr(page, "display", lambda shown: seen.append(shown.data))
    page.say(text)
    assert seen == [want]


def test_words_between_asterisks_are_emphasised_in_a_quiz(monkeypatch):
    shown = []
    monkeypatch.setattr(page, "display", lambda made: shown.append(made.data))
    page.quiz("Which *one* is 2 * 3 * 1?", [("<b>*six*</b>", True, "It *is*."), ("a*b", False, "No *")])
    assert "Which <em>one</em> is 2 * 3 * 1?" in shown[0] and "&lt;b&gt;<em>six</em>&lt;/b&gt;" in shown[0]
    assert "It <em>is</em>." in shown[0] and "a*b" in shown[0] and "No *<" in shown[0]
