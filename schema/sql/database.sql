-- The guide's database, for the other files to be loaded into:
--   mariadb < database.sql
--   mariadb mailserver < tables.sql

CREATE DATABASE IF NOT EXISTS mailserver CHARACTER SET utf8mb4;
