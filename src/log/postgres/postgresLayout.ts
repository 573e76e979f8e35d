/**
 * A log in a Postgres database: how it is laid out, and who may do what with it.
 *
 * The tables stand in the first schema of the session's `search_path`. `signalbox_log` has one row: where the log
 * ends and who may write. Each append moves that end in the statement that writes the events, so that positions are
 * dense, and whoever reads the end finds all events up to it.
 */

/** Each makes the layout's next format out of the one before; the first makes it out of nothing. */
const migrations = [
  `
  CREATE TABLE signalbox_event (
    position bigint PRIMARY KEY,
    turn bigint NOT NULL,
    at bigint NOT NULL,
    type text NOT NULL,
    version integer NOT NULL,
    run text,
    actor text NOT NULL,
    cause text,
    epoch bigint NOT NULL,
    data text NOT NULL,
    hash bytea NOT NULL
  );
  CREATE INDEX signalbox_event_of_run ON signalbox_event (run, position) WHERE run IS NOT NULL;
  CREATE TABLE signalbox_log (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    format integer NOT NULL,
    position bigint NOT NULL,
    epoch bigint NOT NULL,
    holder text
  );
  INSERT INTO signalbox_log (format, position, epoch) VALUES (0, 0, 0);

  CREATE FUNCTION signalbox_refuse() RETURNS trigger LANGUAGE plpgsql AS $refuse$
  BEGIN
    RAISE restrict_violation
      USING MESSAGE = format('%s of %s is refused: a log is only ever added to', TG_OP, TG_TABLE_NAME);
  END $refuse$;
  CREATE TRIGGER signalbox_event_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON signalbox_event
    FOR EACH STATEMENT EXECUTE FUNCTION signalbox_refuse();
  CREATE TRIGGER signalbox_log_stays BEFORE DELETE OR TRUNCATE ON signalbox_log
    FOR EACH STATEMENT EXECUTE FUNCTION signalbox_refuse();
  CREATE TRIGGER signalbox_log_rises BEFORE UPDATE ON signalbox_log
    FOR EACH ROW WHEN (NEW.epoch < OLD.epoch OR NEW.position < OLD.position OR NEW.format < OLD.format)
    EXECUTE FUNCTION signalbox_refuse();
  ALTER TABLE signalbox_event ENABLE ALWAYS TRIGGER signalbox_event_stays;
  ALTER TABLE signalbox_log ENABLE ALWAYS TRIGGER signalbox_log_stays;
  ALTER TABLE signalbox_log ENABLE ALWAYS TRIGGER signalbox_log_rises;
  `
]

/** The layout that this version makes and reads. A later one has a higher number. */
export const postgresFormat = migrations.length

/** One statement for each format that bring any earlier layout, or none, to it: of many who run them each happens once. */
export const layingOut: ReadonlyArray<string> = migrations.map(
  (migration, before) => `
  DO $layout$
  DECLARE found integer := 0;
  BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('signalbox'), hashtext(current_schema()));
    IF to_regclass('signalbox_log') IS NOT NULL THEN SELECT format INTO found FROM signalbox_log; END IF;
    IF found = ${before} THEN
      ${migration}
      UPDATE signalbox_log SET format = ${before + 1};
    END IF;
  END $layout$`
)

/** A name as it stands in a statement. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** Lets a role, made if there is none of that name, add to the log and lead it; not change what stands there. */
export const grantingTo = (role: string): ReadonlyArray<string> => {
  const literal = `'${role.replaceAll("'", "''")}'`
  return [
    `DO $grant$ BEGIN
      IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = ${literal}) THEN CREATE ROLE ${quoted(role)}; END IF;
      EXECUTE format('GRANT USAGE ON SCHEMA %I TO ${quoted(role).replaceAll("'", "''")}', current_schema());
    END $grant$`,
    `GRANT SELECT, INSERT ON signalbox_event TO ${quoted(role)}`,
    `GRANT SELECT, UPDATE (position, epoch, holder) ON signalbox_log TO ${quoted(role)}`
  ]
}
