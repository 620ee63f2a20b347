-- Later versions of a segment stay as segments of their own code.
ALTER TABLE orders DROP COLUMN discount_minor;
DROP TABLE rfm_bounds, member_list_members, member_lists;
ALTER TABLE segments DROP COLUMN base, DROP COLUMN version, DROP COLUMN created_by;
