from visret_lab.tables.partners import counted, partners, same_order


def row(table, name, metric, published=None, mini="not run", campus="not run"):
    return {"table": table, "row": name, "metric": metric, "published": published, "source": "",
            "ours": {"mini": mini, "campus": campus, "full": "not run"}}


ROWS = [row("t", "A", "mAP, Oxford 5k", 0.5), row("t", "B", "mAP, Oxford 5k", 0.7), row("t", "C", "mAP, Oxford 5k", 0.6),
        row("t", "A", "mAP, Paris 6k", 0.5), row("t", "A", "mAP, town, medium", mini=0.2), row("t", "B", "mAP, town, medium", mini=0.1),
        row("t", "C", "mAP, town, medium", mini=0.3), row("t", "A", "mAP, places, groups", campus=0.9),
        row("s", "A", "mAP, Oxford, GS", 0.4), row("s", "A", "mAP, town, medium, GS", mini=0.35),
        row("w", "A", "mAP, image query", 0.2, campus=0.21), row("m", "A", "R@1, text to image", 0.1),
        row("m", "A", "R@1, text to image, museum", mini=0.5), row("m", "A", "median rank", 14.0, mini=1.0),
        row("v", "A", "mAP, SI2V, LSTM", 0.6), row("v", "A", "mAP, scenes, unseen films, LSTM", mini=0.7)]


def test_names_of_sets_are_exchanged():
    found = {(p["table"], p["row"], p["metric"]): (p["published"], p["ours"], p["same_set"]) for p in partners("mini", ROWS)}
    assert found == {("t", "A", "mAP, Oxford 5k"): (0.5, 0.2, False), ("t", "B", "mAP, Oxford 5k"): (0.7, 0.1, False),
                     ("t", "C", "mAP, Oxford 5k"): (0.6, 0.3, False), ("s", "A", "mAP, Oxford, GS"): (0.4, 0.35, False),
                     ("m", "A", "R@1, text to image"): (0.1, 0.5, False), ("v", "A", "mAP, SI2V, LSTM"): (0.6, 0.7, False)}
    assert [(p["table"], p["ours"], p["same_set"]) for p in partners("campus", ROWS)] == [("t", 0.9, False), ("w", 0.21, True)]


def test_pairs_of_rows_in_one_order():
    assert same_order(partners("mini", ROWS)) == {"t": (1, 3)}  # only A below C is as published


def test_ties_are_no_pairs():
    rows = [row("t", n, "mAP, Oxford", 0.5) for n in "AB"] + [row("t", n, "mAP, town, medium", mini=v) for n, v in (("A", 0.1), ("B", 0.2))]
    assert same_order(partners("mini", rows)) == {}


def test_what_is_counted():
    found = counted("mini", ROWS)
    assert found["t"] == {"published": 4, "same set": 0, "other set": 3} and found["m"] == {"published": 2, "same set": 0, "other set": 1}
    assert counted("campus", ROWS)["w"] == {"published": 1, "same set": 1, "other set": 0}


def test_the_course_s_own_tables():
    assert len(partners("mini")) > 100
    same = [p for p in partners("campus") if p["same_set"]]
    assert {p["table"] for p in same} == {"wikipedia-articles"} and len(same) == 12
