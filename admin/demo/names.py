"""Invented names: first and last names from lists, drawn by seed. Any likeness is chance."""

from random import Random

from msgspec import Struct

from admin.demo.shapes import Store
from admin.demo.stores import MIXED


class Name(Struct, frozen=True):
    """`handle` is the name in ASCII, for the e-mail address."""

    full: str
    handle: str


def _entries(words: str) -> tuple[str, ...]:
    return tuple(words.split())


_ENGLISH_GIVEN = _entries(
    "Abigail Alice Amber Anna Beth Carla Chloe Clara Daisy Diana Eleanor Ella Emma Erin Fiona Grace "
    "Hannah Helen Holly Iris Isabel Jane Joanna Julia Karen Kate Laura Leah Lily Lucy Maria Megan "
    "Molly Nina Nora Olivia Paula Rachel Rosa Ruth Sarah Sophie Tara Tessa Violet Wendy Adam Ben "
    "Daniel David Eric Frank George Henry Jack James Leo Mark Martin Nathan Oscar Paul Peter Robert "
    "Sam Simon Thomas"
)
_ENGLISH_FAMILY = _entries(
    "Adams Allen Baker Barnes Bell Bennett Brooks Butler Campbell Carter Clark Coleman Collins Cook "
    "Cooper Cruz Davis Diaz Edwards Ellis Evans Fisher Foster Garcia Gomez Gray Green Hall Harris "
    "Hayes Hill Howard Hughes Jenkins Kelly Lewis Long Lopez Marshall Mason Miller Mitchell Moore "
    "Morgan Murphy Nelson Ortiz Owens Parker Perry Powell Price Reed Rivera Rogers Ross Russell "
    "Sanders Shaw Stone Sullivan Taylor Turner Ward Webb Wood"
)
_SIMPLIFIED_FAMILY = _entries(
    "王wang 李li 张zhang 刘liu 陈chen 杨yang 黄huang 赵zhao 吴wu 周zhou 徐xu 孙sun 马ma 朱zhu 胡hu "
    "林lin 郭guo 何he 高gao 罗luo 郑zheng 梁liang 谢xie 宋song 唐tang 许xu 邓deng 冯feng 韩han 曹cao "
    "曾zeng 彭peng 萧xiao 蔡cai 潘pan"
)
_SIMPLIFIED_GIVEN = _entries(
    "静jing 敏min 丽li 婷ting 雪xue 倩qian 洁jie 琳lin 颖ying 晓梅xiaomei 雨欣yuxin 思远siyuan "
    "子涵zihan 佳怡jiayi 梦琪mengqi 欣然xinran 诗雨shiyu 若曦ruoxi 文静wenjing 雅婷yating "
    "明轩mingxuan 浩然haoran 宇航yuhang 志强zhiqiang 建国jianguo 俊杰junjie 天佑tianyou 晨阳chenyang "
    "博文bowen 海燕haiyan 春梅chunmei 玉兰yulan 伟wei 磊lei 勇yong 涛tao 鹏peng 凯kai 悦yue 萌meng "
    "可心kexin 嘉宁jianing 安琪anqi 书瑶shuyao 一诺yinuo"
)
_TRADITIONAL_FAMILY = _entries(
    "陳chan 李lee 張cheung 黃wong 何ho 林lam 梁leung 劉lau 鄭cheng 馮fung 周chow 郭kwok 曾tsang "
    "鄧tang 許hui 葉yip 吳ng 蔡choi 羅lo 謝tse 楊yeung 蘇so 潘poon 盧lo 麥mak 方fong 余yu 江kong "
    "譚tam 莫mok"
)
_TRADITIONAL_GIVEN = _entries(
    "嘉欣kayan 詠詩wingsze 慧敏waiman 麗華laiwah 美玲meiling 淑儀shukyee 佩珊puishan 穎琳winglam "
    "曉彤hiutung 芷晴tszching 家輝kafai 志明chiming 偉強waikeung 俊傑chunkit 文浩manho 子軒tszhin "
    "國榮kwokwing 健華kinwah 永康winghong 天朗tinlong 雅文ngaman 凱琪hoiki 思敏szeman 婉婷yuenting "
    "樂兒lokyee 梓晴tszching 柏熙pakhei 啟文kaiman 漢明honming 麗珊laishan"
)
ENGLISH_OR_CANTONESE = 0.5


def draw_name(rng: Random, locale: str, store: Store) -> Name:
    """A name that suits the locale; half of the mixed store's English speakers have a Cantonese surname."""
    if locale == "zh-Hans":
        return _chinese(rng, _SIMPLIFIED_FAMILY, _SIMPLIFIED_GIVEN)
    if locale == "zh-Hant":
        return _chinese(rng, _TRADITIONAL_FAMILY, _TRADITIONAL_GIVEN)
    given = rng.choice(_ENGLISH_GIVEN)
    family = rng.choice(_ENGLISH_FAMILY)
    if store.store_id == MIXED.store_id and rng.random() < ENGLISH_OR_CANTONESE:
        family = rng.choice(_TRADITIONAL_FAMILY)[1:].capitalize()
    return Name(full=f"{given} {family}", handle=f"{given}.{family}".lower())


def _chinese(rng: Random, families: tuple[str, ...], givens: tuple[str, ...]) -> Name:
    """Entries are characters followed by their romanisation; every family name here is one character."""
    family, given = rng.choice(families), rng.choice(givens)
    characters = "".join(char for char in given if not char.isascii())
    return Name(full=family[0] + characters, handle=f"{given[len(characters) :]}.{family[1:]}")
