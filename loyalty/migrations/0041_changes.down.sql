-- What is on its way is lost; what went live stays as it is.
DROP TABLE change_settings;
DROP TABLE changes;
