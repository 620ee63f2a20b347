DROP TABLE trend_looks;
