"""Reading reviews in other ways, on labelled rows (DATA=DIR): how often ours is the better one."""

from tests.benchmarks import baselines
from tests.benchmarks.registry import Figures, at_least, benchmark
from tests.benchmarks.rig import Rig

WORD_LISTS = "sets of dev rows, macro-F1: ours is at least ten points better than {}"
ALL = "all sets of its language"


@benchmark(
    "sentiment.counting",
    "sets of dev rows, macro-F1: ours is better than TF-IDF + logistic regression on the same training rows",
    "all sets",
    "sets",
    at_least(1),
)
def counting(rig: Rig) -> Figures:
    return baselines.won(baselines.COUNTING, rig.data)


@benchmark("sentiment.vader", WORD_LISTS.format("VADER"), ALL, "sets", at_least(1))
def vader(rig: Rig) -> Figures:
    return baselines.won(baselines.VADER, rig.data)


@benchmark("sentiment.textblob", WORD_LISTS.format("TextBlob"), ALL, "sets", at_least(1))
def textblob(rig: Rig) -> Figures:
    return baselines.won(baselines.TEXTBLOB, rig.data)


@benchmark("sentiment.snownlp", WORD_LISTS.format("SnowNLP"), ALL, "sets", at_least(1))
def snownlp(rig: Rig) -> Figures:
    return baselines.won(baselines.SNOWNLP, rig.data)
