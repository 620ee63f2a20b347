"""Any CSV file with a header: columns are found by their names, in the ways people write them."""

from collections.abc import Mapping
from functools import partial

from reviews.files.formats.form import Field, Format
from reviews.files.formats.writers import CsvWriter, Out
from reviews.files.outgoing import joined, moment, number, yes

COLUMNS: Mapping[Field, tuple[str, ...]] = {
    "external_id": ("external_id", "review_id", "reviewid", "id", "评价id", "評價id"),
    "kind": ("kind",),
    "written_at": (
        *("written_at", "review_date", "date", "created_at", "date_created", "created", "submitted_at"),
        *("review_time", "time", "timestamp", "datetime", "日期", "时间", "時間", "评价时间", "評價時間"),
    ),
    "edited_at": ("edited_at", "updated_at", "date_updated", "modified_at", "update_time"),
    "rating": ("rating", "stars", "score", "review_score", "star_rating", "评分", "評分", "星级", "星級"),
    "scale_min": ("scale_min", "min_rating", "worst_rating"),
    "scale_max": ("scale_max", "max_rating", "best_rating"),
    "title": ("title", "review_title", "headline", "summary", "subject", "标题", "標題"),
    "body": (
        *("body", "text", "review_text", "review", "review_body", "review_content", "content", "comment"),
        *("message", "description", "评价", "評價", "内容", "內容", "评论", "評論"),
    ),
    "lang": ("lang", "language", "review_language", "locale"),
    "author": (
        *("author", "reviewer_name", "reviewer", "author_name", "name", "nickname", "display_name"),
        *("customer_name", "user_name", "username", "用户", "用戶", "昵称", "暱稱"),
    ),
    "customer": ("customer", "customer_id", "user_id"),
    "email": ("email", "reviewer_email", "author_email", "customer_email", "email_address", "e_mail"),
    "store": ("store", "store_id", "shop", "location_id"),
    "product_sku": ("product_sku", "sku", "product_id", "productid", "product_handle", "handle"),
    "product_name": ("product_name", "product_title", "product", "商品", "商品名称", "商品名稱"),
    "order": ("order", "order_id", "order_number", "transaction_id"),
    "photo_urls": ("photo_urls", "photos", "images", "image_urls", "picture_urls", "pictures", "photo_url"),
    "hidden": ("hidden", "is_hidden", "is_spam"),
    "published": ("published", "is_published", "review_status"),
    "solicited": ("solicited", "invited"),
    "incentivised": ("incentivised", "incentivized", "is_incentivized_review"),
    "reply": ("reply", "shop_reply", "response", "company_reply", "商家回复", "商家回覆"),
    "replied_at": ("replied_at", "reply_date", "response_date"),
}
PRIVATE = frozenset({"ip", "ip_address", "phone", "phone_number", "address"})

OUT: Out = {
    "kind": lambda out: out.review.kind,
    "written_at": lambda out: moment(out.review.written_at),
    "edited_at": lambda out: moment(out.review.edited_at),
    "rating": lambda out: number(out.review.rating),
    "scale_min": lambda out: number(out.review.scale_min),
    "scale_max": lambda out: number(out.review.scale_max),
    "title": lambda out: out.review.title,
    "body": lambda out: out.review.body,
    "lang": lambda out: out.review.lang,
    "author": lambda out: out.review.author,
    "customer": lambda out: out.review.customer,
    "email": lambda out: out.review.email,
    "store": lambda out: out.review.store,
    "product_sku": lambda out: out.review.product_sku,
    "product_name": lambda out: out.review.product_name,
    "order": lambda out: out.review.order,
    "photo_urls": lambda out: joined(out.review.photo_urls),
    "hidden": lambda out: yes(out.review.hidden),
    "solicited": lambda out: "" if out.review.solicited is None else yes(out.review.solicited),
    "incentivised": lambda out: yes(out.review.incentivised),
    "reply": lambda out: out.review.reply,
    "replied_at": lambda out: moment(out.review.replied_at),
    "verified": lambda out: yes(out.verified),
}

FORMAT = Format(
    code="generic",
    source="import",
    container="csv",
    columns=COLUMNS,
    private=PRIVATE,
    writer=partial(CsvWriter, OUT, mentions=True),
)
