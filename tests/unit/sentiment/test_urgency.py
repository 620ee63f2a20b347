import re
import tomllib
from typing import get_args

import pytest

from sentiment.text import joined
from sentiment.types import LANGUAGES, Text, UrgencyKind
from sentiment.urgency import PATTERNS_FILE, expression, find_urgency

URGENT = {
    "safety": [
        "There was a maggot in the salad",
        "浴室里有股很难闻的霉味",
        "カビ臭くて眠れません",
        "Las cortinas estaban mohosas",
        "Das Netzteil fing später Feuer",
        "Da war eine Made im Essen",
        "boiling water scalded my arm",
        "the plug sparked and tripped the breaker",
        "個仔食完之後肚痛同嘔",
        "The charger caught fire while my son slept",
        "It started smoking and there was a burning smell",
        "I got an electric shock",
        "My baby choked on a small piece that broke off",
        "ended up in the ER with an allergic reaction",
        "Found a piece of glass in my food",
        "got food poisoning",
        "Battery exploded",
        "the stove burned my hand",
        "This is dangerous for kids, sharp edges cut my finger",
        "Overheats so badly it melted",
        "充电的时候突然着火了",
        "用了之后脸过敏了，红肿",
        "吃完拉肚子，去了医院",
        "插上电就漏电，手被电了一下",
        "电池鼓包了很危险",
        "孩子被划伤流血",
        "充電時起火，好危險",
        "食完肚屙，要睇醫生",
        "用咗之後皮膚敏感出疹",
        "插電冒煙有燒焦味",
        "充電中に発火しました",
        "やけどをしました",
        "子供が怪我をした",
        "食べた後に食中毒になりました",
        "肌がかぶれて病院に行きました",
        "煙が出て危険です",
        "El cargador se incendió",
        "Me dio una descarga eléctrica",
        "Mi hijo terminó en el hospital",
        "me produjo una reacción alérgica",
        "Es peligroso para los niños",
        "salió humo y olía a quemado",
        "Le chargeur a pris feu",
        "J'ai eu une décharge électrique",
        "Ma fille s'est blessée",
        "Produit dangereux, il surchauffe",
        "réaction allergique sur le visage",
        "on a fini aux urgences",
        "Das Ladegerät hat Feuer gefangen",
        "Ich habe einen Stromschlag bekommen",
        "mein Kind hat sich verletzt",
        "Gefährlich! Akku überhitzt",
        "allergische Reaktion im Gesicht",
        "Es riecht verbrannt und qualmt",
        "Steckdose in Brand geraten",
    ],
    "legal": [
        "Je vais saisir la justice",
        "I will sue you",
        "You will hear from my lawyer",
        "reporting this to the BBB",
        "I have contacted trading standards",
        "taking this to small claims court",
        "I'm filing a police report",
        "我要去12315投诉",
        "消协见",
        "已经报警了",
        "我会起诉你们",
        "法院见",
        "我會向消委會投訴",
        "我會採取法律行動",
        "律師信",
        "已經報警",
        "消費者センターに相談します",
        "弁護士に相談します",
        "警察に通報しました",
        "訴えます",
        "Voy a denunciarlos",
        "Pondré una demanda",
        "hablaré con mi abogado",
        "voy a poner una hoja de reclamaciones",
        "Je vais porter plainte",
        "je saisis mon avocat",
        "je signale à la DGCCRF",
        "mise en demeure envoyée",
        "Ich schalte meinen Anwalt ein",
        "Ich erstatte Anzeige",
        "Verbraucherzentrale informiert",
        "Wir sehen uns vor Gericht",
    ],
    "fraud": [
        "My phone was stolen from my room",
        "我的手机在房间被偷了",
        "オリジナルではなく、粗悪でした",
        "¡Este artículo era un falso!",
        "Annonce trompeuse",
        "Mon téléphone a été volé dans ma chambre",
        "This is a scam",
        "Total fraud, they stole my money",
        "counterfeit product, not genuine",
        "charged my card twice",
        "They sent a fake",
        "sold as new but used",
        "it's a rip-off",
        "骗子，卖假货",
        "上当了，是翻新机",
        "虚假宣传",
        "呃人嘅，係假貨",
        "騙子公司",
        "買到冒牌貨",
        "詐欺です",
        "偽物が届きました",
        "騙されました",
        "これは本物ではない",
        "Es una estafa",
        "Me cobraron dos veces; cobro no autorizado",
        "es falso, no es original",
        "me engañaron",
        "C'est une arnaque",
        "contrefaçon",
        "prélèvement non autorisé",
        "Vendeur malhonnête",
        "Das ist Betrug",
        "reine Abzocke",
        "Fälschung, kein Original",
        "zweimal abgebucht",
    ],
    "discrimination": [
        "The staff was racist",
        "They refused me because I'm black",
        "I was harassed by an employee",
        "discriminated against my disabled mother",
        "歧视外地人",
        "店员看不起我们农村人",
        "被員工歧視",
        "因為我係內地人就態度差",
        "人種差別を受けました",
        "外国人だから断られた",
        "店員に差別されました",
        "Me discriminaron por ser mujer",
        "personal racista",
        "Discrimination à cause de mon accent",
        "propos racistes",
        "Ich wurde wegen meiner Herkunft diskriminiert",
        "rassistisches Personal",
    ],
    "leaving": [
        "We won't be back",
        "Probably would not go back here",
        "絶対に戻りません",
        "¡No me quedaré aquí otra vez!",
        "Je ne reviendrais probablement pas ici.",
        "Ich würde wahrscheinlich nicht hierher zurückkehren.",
        "Je ne reviendrai pas",
        "Je n'y retournerai plus",
        "I will never buy from this store again",
        "Never again!",
        "You just lost a customer",
        "cancelling my subscription",
        "I'm switching to a competitor",
        "won't be back",
        "That was my last order",
        "再也不会买了",
        "以后不会再来",
        "最后一次在这家买",
        "已拉黑",
        "下次不会再买了",
        "唔會再幫襯",
        "再也不會來了",
        "不會再光顧",
        "二度と買いません",
        "もう利用しません",
        "解約します",
        "リピートはありません",
        "これが最後の購入です",
        "No volveré a comprar",
        "Nunca más",
        "Han perdido un cliente",
        "me doy de baja",
        "Plus jamais",
        "Je ne commanderai plus",
        "Vous avez perdu un client",
        "Je n'achèterai plus chez vous",
        "je résilie mon abonnement",
        "Nie wieder!",
        "Ich werde hier nicht mehr bestellen",
        "Kunde verloren",
        "Ich kündige mein Abo",
        "You won't be seeing us again.",
        "就此别过，各自安好。",
        "到此為止，我轉台。",
        "金輪際お断りです。",
        "Conmigo no cuenten más.",
        "Ce sera sans moi désormais.",
        "Das war mein letzter Einkauf hier.",
        "Hier kaufe ich nicht mehr",
    ],
}

HARMLESS = [
    "Thank you for the warm hospitality",
    "La hospitalidad del personal fue excelente",
    "Une hospitalité formidable",
    "A burst of flavour in every bite",
    "The screen has some light bleed",
    "元に戻りません",
    "Killer sound, explosive bass",
    "The lawyer drama in this book is great",
    "这个火锅真好吃，辣得冒火",
    "je reviendrai",
    "saumon fumé excellent",
    "love at first fire",
    "Great fire TV stick, fast delivery",
    "an explosion of flavor",
    "No burning smell, works well",
    "it does not overheat at all",
    "dress to kill, absolutely stunning",
    "Fake leather but looks great",
    "Not a scam, arrived on time",
    "Quelle déception, il est trop petit",
    "Next time I'll order another colour",
    "On passe un bon moment, la prochaine fois je prendrai la taille au dessus",
    "La próxima vez compro otro color, mi última compra llegó perfecta",
    "Nächstes Mal nehme ich eine Nummer größer, mehr kann man nicht verlangen",
    "今度は違う色を買います",
    "下次买别的颜色",
    "No hidden fees, and there is no need to look elsewhere",
    "I will never buy another brand",
    "I never want to take it off",
    "It melts in my mouth",
    "My husband is a lawyer and loves this bag",
    "sparks joy",
    "The stitches are neat",
    "non-toxic and safe for kids",
    "a must buy, will buy again",
    "It was so good I went back the next day",
    "burns calories fast",
    "This color is on fire!",
    "What a steal!",
    "I was afraid it was fake but it is real",
    "Gift for my mother, brand new in brand packaging",
    "The ad display is bright",
    "pride and prejudice is a great book",
    "火爆的产品，质量好",
    "好吃到爆炸",
    "不会过敏，很温和",
    "无毒无味",
    "没有安全隐患",
    "真的假的？太便宜了吧",
    "再也不用担心没电了",
    "正品，不是假货",
    "离医院很近",
    "性价比高，下次还会再来",
    "以后还会再买",
    "好好食，下次再嚟",
    "唔會過敏，好溫和",
    "再也不用擔心",
    "正貨，不是假貨",
    "爆發力強，很滿意",
    "とても良い商品です。また買います",
    "騙されたと思って買ってみたら最高",
    "爆発的に売れているのも納得",
    "危険はありません",
    "リピートします",
    "二度と手放せません",
    "アレルギーは出ませんでした",
    "Explosión de sabor, volveré a comprar",
    "No es una estafa, llegó bien",
    "Muy buen producto, lo recomiendo",
    "no me dio alergia",
    "Me robó el corazón",
    "Une explosion de saveurs",
    "La crème brûlée est délicieuse",
    "Pas une arnaque, très bon vendeur",
    "je commanderai encore",
    "sans danger pour les enfants",
    "poisson excellent",
    "très beau sang-froid",
    "faux cils superbes",
    "Schönes Geschenk, die Anzeige ist hell",
    "Kein Betrug, alles bestens",
    "Gift shop quality, gern wieder",
    "ungefährlich für Kinder",
    "Das Display zeigt alles an",
    "nie wieder ohne dieses Produkt",
    "ungiftig und schön",
    "Die Marke (brand) ist top",
]


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in URGENT.items() for text in texts])
def test_urgent(kind: str, text: str) -> None:
    found = {urgency.kind: urgency.words for urgency in find_urgency(Text(text))}
    assert kind in found
    assert all(word and word in joined(Text(text)) for word in found[kind])


@pytest.mark.parametrize("text", HARMLESS)
def test_harmless(text: str) -> None:
    assert find_urgency(Text(text)) == []


def test_several_kinds_at_once_with_their_words() -> None:
    found = find_urgency(
        Text("It caught fire. You will hear from my lawyer, this is a SCAM!", title="Never again")
    )
    assert {urgency.kind: urgency.words for urgency in found} == {
        "safety": ("caught fire",),
        "legal": ("lawyer",),
        "fraud": ("SCAM",),
        "leaving": ("Never again",),
    }


def test_a_harmless_use_does_not_hide_an_urgent_one() -> None:
    [found] = find_urgency(Text("The Fire TV caught fire, no burning smell before."))
    assert (found.kind, found.words) == ("safety", ("caught fire",))


def test_words_are_found_at_the_end_of_a_long_text_and_in_html() -> None:
    assert find_urgency(Text("Nice. " * 2_000 + "Then it <b>caught</b> fire."))[0].kind == "safety"


@pytest.mark.parametrize("text", ["", "\ud83d", "😡" * 1_000, "<p></p>", "never " * 9_000, "再也" * 25_000])
def test_poisoned_texts_are_harmless(text: str) -> None:
    assert find_urgency(Text(text)) == [] or "再也" in text


def test_every_kind_has_phrases_and_exceptions_in_every_language() -> None:
    file = tomllib.loads(PATTERNS_FILE.read_text(encoding="utf-8"))
    assert set(file) == set(get_args(UrgencyKind))
    for kind, languages in file.items():
        assert set(languages) == {*LANGUAGES, "except"}, kind
        assert set(languages["except"]) == set(LANGUAGES), kind
        assert all(languages[language] for language in LANGUAGES)


def test_no_phrase_matches_nothing_or_uses_other_signs() -> None:
    file = tomllib.loads(PATTERNS_FILE.read_text(encoding="utf-8"))
    for languages in file.values():
        for phrases in (*(languages[name] for name in LANGUAGES), *languages["except"].values()):
            for phrase in phrases:
                assert not re.search(r"[\[\]^$?+{}\\\\]", phrase), phrase
                assert not re.fullmatch(expression(phrase), ""), phrase


@pytest.mark.parametrize(
    ("phrase", "text", "matches"),
    [
        ("caught fire", "caught  fire", True),
        ("caught fire", "caught-fire", True),
        ("won't go", "wont go", True),
        ("allerg*", "allergique", True),
        ("(a|the|) dog", "dog", True),
        ("burn my ... hand", "burn my poor left hand", True),
        ("burn my ... hand", "burn my a b c d hand", False),
        ("差点...命", "差点要了我的命", True),
        ("差点...命", "差点，不过没事，命", False),
    ],
)
def test_how_a_phrase_is_written(phrase: str, text: str, matches: bool) -> None:
    assert bool(re.fullmatch(expression(phrase), text)) == matches
