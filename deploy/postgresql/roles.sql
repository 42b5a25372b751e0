-- Two roles for a desk's database: tapedeck_owner owns and migrates its tables, tapedeck_desk runs the desk. Neither is a
-- superuser, makes databases or roles, or is the role that runs this file, as a superuser of the server and in that database:
--
--   PASSWORDS=/etc/tapedeck psql --dbname=tapedeck --file=roles.sql
--
-- The passwords are in the files owner_password and desk_password of the folder PASSWORDS, without it of /run/secrets.
-- It may be run again, after either password was changed and on a database that has tables already: they change hands.
\set ON_ERROR_STOP on
\set owner_password `cat "${PASSWORDS:-/run/secrets}/owner_password"`
\set desk_password `cat "${PASSWORDS:-/run/secrets}/desk_password"`
SELECT :'owner_password' = '' OR :'desk_password' = '' AS missing \gset
\if :missing
    DO $$ BEGIN RAISE 'owner_password or desk_password cannot be read, or is empty'; END $$;
\endif

BEGIN;
SET LOCAL log_statement = 'none';
SET LOCAL log_min_error_statement = 'panic';

SELECT format('CREATE ROLE %I', name) FROM unnest('{tapedeck_owner,tapedeck_desk}'::text[]) AS name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec
ALTER ROLE tapedeck_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'owner_password';
ALTER ROLE tapedeck_desk LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'desk_password';

-- Nobody else comes in, and who owns the database owns its schema public.
SELECT format('ALTER DATABASE %I OWNER TO tapedeck_owner', current_database()) \gexec
SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database()) \gexec
SELECT format('GRANT CONNECT ON DATABASE %I TO tapedeck_desk', current_database()) \gexec
ALTER SCHEMA public OWNER TO tapedeck_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO tapedeck_desk;

-- What is there already. A sequence of a column changes hands with its table.
SELECT format('ALTER TABLE %s OWNER TO tapedeck_owner', oid::regclass) FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm') \gexec
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO tapedeck_desk;
GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA public TO tapedeck_desk;

-- What a later migration makes.
ALTER DEFAULT PRIVILEGES FOR ROLE tapedeck_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO tapedeck_desk;
ALTER DEFAULT PRIVILEGES FOR ROLE tapedeck_owner IN SCHEMA public
    GRANT USAGE, SELECT, UPDATE ON SEQUENCES TO tapedeck_desk;
COMMIT;
