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
