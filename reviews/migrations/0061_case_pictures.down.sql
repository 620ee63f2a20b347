DROP TABLE case_pictures;
