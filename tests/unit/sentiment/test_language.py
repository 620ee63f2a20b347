import pytest

from sentiment.language import declared, detect, language_of

DETECTED = [
    ("en", "The battery lasts all day and the screen is bright."),
    ("en", "Good"),
    ("en", ""),
    ("en", "12345 !!!"),
    ("en", "👍👍👍"),
    ("en", "My iPhone 很好 works great with this case"),
    ("zh", "这个产品质量很好，推荐购买"),
    ("zh", "很好"),
    ("zh", "我最不喜欢的功能是触控板"),
    ("zh", "iPhone手机壳质量不错"),
    ("zh-Hant", "這個產品品質很好，推薦購買"),
    ("zh-Hant", "很不錯"),
    ("zh-Hant", "呢間嘢好正，下次再嚟"),
    ("zh-Hant", "唔好食"),
    ("zh-Hant", "佢哋啲野几好"),
    ("ja", "とても良い商品です"),
    ("ja", "対応が悪い"),
    ("ja", "サイズがぴったり"),
    ("ja", "迅速発送感謝"),
    ("ja", "Amazonで買いました"),
    ("es", "El producto llegó rápido y funciona muy bien"),
    ("es", "muy bueno"),
    ("fr", "Livraison rapide et produit conforme"),
    ("fr", "très bien"),
    ("de", "Schnelle Lieferung und gute Qualität"),
    ("de", "sehr gut"),
]


@pytest.mark.parametrize(("language", "text"), DETECTED)
def test_detect(language: str, text: str) -> None:
    assert detect(text) == language


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("en", "en"),
        ("en-GB", "en"),
        ("PT_br", "pt"),
        ("zh", "zh"),
        ("zh-CN", "zh"),
        ("zh_TW", "zh-Hant"),
        ("zh-HK", "zh-Hant"),
        ("zh-Hant", "zh-Hant"),
        ("zh-Hans-HK", "zh"),
        ("yue", "zh-Hant"),
        ("cmn-Hant", "zh-Hant"),
        ("it", "it"),
        ("english please", None),
        ("", None),
        ("und", None),
        ("mul-Latn", None),
    ],
)
def test_declared(tag: str, language: str | None) -> None:
    assert declared(tag) == language


def test_a_declared_language_wins_but_for_the_script_of_a_bare_zh() -> None:
    assert language_of("very good", "de") == "de"
    assert language_of("這個產品很好", "zh") == "zh-Hant"
    assert language_of("這個產品很好", "zh-CN") == "zh"
    assert language_of("sehr gut", "???") == "de"
    assert language_of("sehr gut", None) == "de"


def test_only_the_start_of_a_long_text_is_looked_at() -> None:
    assert detect("sehr gute Qualität " * 60 + "とても" * 20_000) == "de"
