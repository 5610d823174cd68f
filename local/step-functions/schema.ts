/**
 * The database. A running execution is its `executions` row, one `frames` row per line of control with its large
 * values apart in `frame_data`, and its history; a step touches only the rows it changed.
 */
export const schema = `
PRAGMA journal_mode = WAL;
-- With WAL, NORMAL loses nothing when the process is killed; only a power cut can lose the last commits.
PRAGMA synchronous = NORMAL;
PRAGMA busy_timeout = 5000;
CREATE TABLE IF NOT EXISTS machines (
  arn TEXT PRIMARY KEY, name TEXT NOT NULL, role_arn TEXT NOT NULL, definition_id TEXT NOT NULL,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS definitions (id TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS executions (
  id INTEGER PRIMARY KEY AUTOINCREMENT, arn TEXT NOT NULL UNIQUE, name TEXT NOT NULL, machine_arn TEXT NOT NULL,
  machine_name TEXT NOT NULL, role_arn TEXT NOT NULL, definition_id TEXT NOT NULL, input TEXT NOT NULL,
  started_at INTEGER NOT NULL, deadline_at INTEGER, status TEXT NOT NULL, output TEXT, error TEXT, cause TEXT,
  stopped_at INTEGER
) STRICT;
CREATE INDEX IF NOT EXISTS executions_by_machine ON executions (machine_arn, started_at);
CREATE INDEX IF NOT EXISTS executions_running ON executions (id) WHERE status = 'RUNNING';
CREATE TABLE IF NOT EXISTS frames (
  execution INTEGER NOT NULL, id INTEGER NOT NULL, hot TEXT NOT NULL, PRIMARY KEY (execution, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS frame_data (
  execution INTEGER NOT NULL, frame INTEGER NOT NULL, field TEXT NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (execution, frame, field)
) STRICT;
CREATE TABLE IF NOT EXISTS history (
  execution INTEGER NOT NULL, id INTEGER NOT NULL, at INTEGER NOT NULL, type TEXT NOT NULL,
  previous INTEGER NOT NULL, details TEXT NOT NULL, PRIMARY KEY (execution, id)
) STRICT;
CREATE TABLE IF NOT EXISTS tokens (
  token TEXT PRIMARY KEY, execution TEXT NOT NULL, frame INTEGER NOT NULL, is_open INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS notices (id TEXT PRIMARY KEY, detail TEXT NOT NULL) STRICT;
`;
