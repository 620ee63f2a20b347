DROP VIEW member_opinions;
