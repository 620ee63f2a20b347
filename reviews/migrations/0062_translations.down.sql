DROP TABLE review_translations;
