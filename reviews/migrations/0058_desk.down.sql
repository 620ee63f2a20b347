DROP TABLE case_bulk_deeds;
DROP TABLE case_views;
DROP TABLE case_tags;
