"""Spikes: found when they are there, and hardly ever where chance alone deals the complaints out."""

from math import comb
from random import Random

import pytest

from reviews.trends.rules import FALSE_ALARMS, Count, judged, largest_passing, probability


def count(key: str, recent: int, recent_negative: int, before: int, before_negative: int) -> Count:
    return Count("product", key, key, recent, recent_negative, before, before_negative)


def test_the_probability_is_fishers() -> None:
    # 4 of 5 recent ones complain, of 10 earlier ones 2: counted by hand out of the ways to deal 6 of 15.
    found = probability(count("a", 5, 4, 10, 2))
    ways = sum(comb(6, n) * comb(9, 5 - n) for n in (4, 5))
    assert found == pytest.approx(ways / comb(15, 5))
    assert probability(count("a", 5, 0, 10, 2)) == pytest.approx(1)
    assert probability(count("a", 5, 5, 10, 10)) == pytest.approx(1)


def test_the_limit_of_benjamini_and_hochberg() -> None:
    assert largest_passing([0.04, 0.001, 0.03, 0.9]) == 0.001
    assert largest_passing([0.01, 0.02, 0.03, 0.04]) == 0.04
    assert largest_passing([0.2]) == largest_passing([]) == -1.0


def test_a_rise_is_a_spike_and_stands_first() -> None:
    few = count("few", 4, 4, 200, 5)
    trends = judged([count("calm", 40, 6, 300, 45), count("risen", 30, 15, 200, 20), few])
    assert [trend.count.key for trend in trends] == ["risen", "calm", "few"]
    assert [trend.spike for trend in trends] == [True, False, False]
    assert trends[2].p is None  # four complaints of four are not enough to say anything


def test_a_fall_is_none() -> None:
    assert not judged([count("better", 50, 0, 200, 100)])[0].spike


def test_false_alarms_where_complaints_are_dealt_out() -> None:
    """Sixty products with their own habits; who complains is dealt out anew in each of 400 looks."""
    rng = Random(7)
    shops = [(rng.randint(10, 60), rng.randint(30, 300), rng.uniform(0.02, 0.4)) for _ in range(60)]
    complaints = [round(share * (recent + before)) for recent, before, share in shops]
    looks, alarms = 400, 0
    for _ in range(looks):
        counts = []
        for n, ((recent, before, _), negative) in enumerate(zip(shops, complaints, strict=True)):
            lately = sum(place < recent for place in rng.sample(range(recent + before), negative))
            counts.append(count(str(n), recent, lately, before, negative - lately))
        alarms += any(trend.spike for trend in judged(counts))
    # Three standard deviations above what is promised; without the correction nine looks of ten would alarm.
    assert alarms / looks <= FALSE_ALARMS + 3 * (FALSE_ALARMS / looks) ** 0.5


def test_the_same_shop_with_one_bad_batch() -> None:
    rng = Random(8)
    found = 0
    for _ in range(50):
        counts = [count(str(n), 30, sum(rng.random() < 0.1 for _ in range(30)), 200, 20) for n in range(59)]
        counts.append(count("bad", 30, sum(rng.random() < 0.5 for _ in range(30)), 200, 20))
        spikes = [trend.count.key for trend in judged(counts) if trend.spike]
        found += "bad" in spikes
    assert found >= 45
