"""What may not be sent is refused in every language; what people write to be helpful is not."""

import pytest

from reviews.cases import lint
from reviews.cases.lint import WordingNeedsApproval, WordingRefused, WordingUnconfirmed

ASKS = (
    "Could you please change your review?",
    "We would be grateful if you updated your rating to five stars.",
    "Once you remove the review we will look into it.", "Please give us a 5 star rating!",
    "Would you mind taking your review down?", "Please consider revising your feedback.",
    "麻烦您修改一下评价", "希望您能把差评删掉", "能否请您删除评论？",
    "麻煩您修改一下評價，謝謝", "可以幫忙改成好評嗎", "请给个五星好评哦",
    "レビューを削除していただけますか", "評価の変更をお願いいたします",
    "¿Podría cambiar su reseña?",
    "Le pedimos que elimine su comentario.", "Si modifica su valoración le ayudamos.",
    "Pourriez-vous modifier votre avis ?", "Merci de supprimer votre commentaire.",
    "Könnten Sie Ihre Bewertung bitte noch einmal ändern?", "Bitte löschen Sie Ihre Rezension.",
)  # fmt: skip
OFFERS = (
    "We will send a voucher in exchange for a better rating.", "You get a refund once the review is gone.",
    "好评返现五元", "删除差评后全额退款", "刪除評價後送您優惠券",
    "レビューをいただければクーポンを差し上げます", "Le damos un cupón a cambio de una buena reseña.",
    "Un bon d'achat en échange d'un avis positif", "Sie bekommen einen Gutschein für eine neue Bewertung.",
)  # fmt: skip
THREATS = (
    "We will sue you.", "You will regret this.",
    "We know where you live.", "Delete it or we will report you.",
    "我们会起诉你", "后果自负", "我們會起訴您", "我们知道你住在哪里", "訴えます", "Te denunciaremos.",
    "Nous allons vous poursuivre en justice", "Wir werden Sie verklagen.", "Das werden Sie noch bereuen.",
)  # fmt: skip
LEGAL = (
    "Our lawyers have looked at it.", "We do not accept liability.",
    "我们的法务部门会联系您", "本公司律師將與您聯絡",
    "弁護士に相談します", "Nuestro abogado le escribirá.",
    "Notre avocat vous contactera.", "Unser Anwalt meldet sich.",
)  # fmt: skip
FINE = (
    "Thank you for your review. We are sorry that the lamp broke; a new one leaves us today.",
    "Please send us a photo and the number of your order, and we will refund you.",
    "We have read your review and talked to the courier. You can reach me at any time.",
    "Your feedback helps us to improve. We have changed the packaging.",
    "If you prefer a refund, please tell us until Friday.", "Could you change the battery and try again?",
    "Please update the app; then the stars on the map are shown again.", "We raised it with the carrier.",
    "感谢您的评价，很抱歉给您带来不便，我们已安排退款。",
    "麻烦您提供一下订单号和照片，我们马上处理。", "如果方便，请修改收货地址后告诉我们。",
    "希望您再给我们一次机会。",
    "您的意见我们已转给仓库，包装会改进。", "謝謝您的評價，很抱歉讓您失望了，我們已為您補寄。",
    "請提供訂單編號，我們會盡快為您處理。",
    "レビューをありがとうございます。ご不便をおかけして申し訳ございません。",
    "ご注文番号をお知らせいただけますか。返金の手続きをいたします。",
    "Gracias por su reseña. Lamentamos lo ocurrido.",
    "¿Podría cambiar la pila y enviarnos una foto?", "Merci pour votre avis. Nous vous remboursons.",
    "Pourriez-vous nous envoyer une photo ?", "Danke für Ihre Bewertung. Wir schicken Ihnen Ersatz.",
    "Bitte schicken Sie uns ein Foto; wir erstatten den Betrag.", "Können Sie die Adresse ändern?",
)  # fmt: skip


def reasons(text: str) -> list[str]:
    return [each.reason for each in lint.lint(text)]


@pytest.mark.parametrize("text", ASKS)
def test_nobody_is_asked_for_another_review(text: str) -> None:
    assert "asks" in reasons(text)
    with pytest.raises(WordingRefused):
        lint.check(text, confirmed=True, may_approve=True)


@pytest.mark.parametrize("text", OFFERS)
def test_nothing_is_offered_for_a_review(text: str) -> None:
    assert {"offers", "asks"} & set(reasons(text))


@pytest.mark.parametrize("text", THREATS)
def test_nobody_is_threatened(text: str) -> None:
    assert "threat" in reasons(text)


@pytest.mark.parametrize("text", LEGAL)
def test_words_of_lawyers_need_somebody_who_may_approve(text: str) -> None:
    with pytest.raises(WordingNeedsApproval):
        lint.check(text, confirmed=True, may_approve=False)
    with pytest.raises(WordingUnconfirmed):
        lint.check(text, confirmed=False, may_approve=True)
    assert [each.reason for each in lint.check(text, confirmed=True, may_approve=True)] == ["legal"]


@pytest.mark.parametrize("text", FINE)
def test_what_helps_is_sent(text: str) -> None:
    assert reasons(text) == []


def test_what_may_be_harmless_is_confirmed_with_its_words() -> None:
    text = "The change of your rating is shown since this morning."
    with pytest.raises(WordingUnconfirmed) as refused:
        lint.check(text, confirmed=False, may_approve=False)
    assert refused.value.extra == {"reason": "review", "words": "change of your rating"}
    assert [each.reason for each in lint.check(text, confirmed=True, may_approve=False)] == ["review"]


def test_a_variable_that_was_not_filled_is_not_sent() -> None:
    with pytest.raises(WordingRefused) as refused:
        lint.check("Dear {customer}, see {order|your order}.", confirmed=True, may_approve=True)
    assert refused.value.extra == {"reason": "variable", "words": "{customer}"}
