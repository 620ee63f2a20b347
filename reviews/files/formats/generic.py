"""Any CSV file with a header: columns are found by their names, in the ways people write them."""

from collections.abc import Mapping

from reviews.files.formats.form import Field, Format

COLUMNS: Mapping[Field, tuple[str, ...]] = {
    "external_id": ("external_id", "review_id", "reviewid", "id", "评价id", "評價id"),
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
    "solicited": ("solicited", "invited"),
    "incentivised": ("incentivised", "incentivized", "is_incentivized_review"),
    "reply": ("reply", "shop_reply", "response", "company_reply", "商家回复", "商家回覆"),
    "replied_at": ("replied_at", "reply_date", "response_date"),
}
PRIVATE = frozenset({"ip", "ip_address", "phone", "phone_number", "address"})

FORMAT = Format("generic", "import", "csv", COLUMNS, private=PRIVATE)
