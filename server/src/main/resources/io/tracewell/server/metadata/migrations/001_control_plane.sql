-- What teams make by hand or by their SDK: projects, datasets with versions, experiments, prompts. Small, relational, kept until deleted.
-- Statements end with a semicolon at the end of a line. Times are milliseconds since the epoch; null in "deleted" means that it is there.

CREATE TABLE dataset_projects (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  deleted INTEGER
);
CREATE UNIQUE INDEX dataset_projects_name ON dataset_projects (name) WHERE deleted IS NULL;

CREATE TABLE datasets (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  project_id TEXT NOT NULL REFERENCES dataset_projects (id),
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  metadata TEXT NOT NULL,
  current_version INTEGER NOT NULL,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  deleted INTEGER
);
CREATE UNIQUE INDEX datasets_name ON datasets (project_id, name) WHERE deleted IS NULL;

CREATE TABLE dataset_versions (
  dataset_id TEXT NOT NULL REFERENCES datasets (id),
  version INTEGER NOT NULL,
  created INTEGER NOT NULL,
  last_used INTEGER,
  PRIMARY KEY (dataset_id, version)
);

-- A record as it is from one version on until before another; null: until now.
CREATE TABLE dataset_records (
  dataset_id TEXT NOT NULL REFERENCES datasets (id),
  record_id TEXT NOT NULL,
  from_version INTEGER NOT NULL,
  to_version INTEGER,
  position INTEGER NOT NULL,
  input TEXT NOT NULL,
  expected_output TEXT NOT NULL,
  metadata TEXT NOT NULL,
  tags TEXT NOT NULL,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  PRIMARY KEY (dataset_id, record_id, from_version)
);
CREATE INDEX dataset_records_order ON dataset_records (dataset_id, position);

CREATE TABLE experiments (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  project_id TEXT NOT NULL,
  dataset_id TEXT NOT NULL,
  dataset_version INTEGER NOT NULL,
  experiment TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  config TEXT NOT NULL,
  metadata TEXT NOT NULL,
  run_count INTEGER NOT NULL,
  parent_id TEXT NOT NULL,
  status TEXT NOT NULL,
  error TEXT NOT NULL,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  deleted INTEGER
);
CREATE INDEX experiments_project ON experiments (project_id, name);

CREATE TABLE prompts (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  prompt_id TEXT NOT NULL,
  title TEXT NOT NULL,
  description TEXT NOT NULL,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  deleted INTEGER
);
CREATE UNIQUE INDEX prompts_prompt_id ON prompts (prompt_id) WHERE deleted IS NULL;

CREATE TABLE prompt_versions (
  prompt TEXT NOT NULL REFERENCES prompts (id),
  version INTEGER NOT NULL,
  id TEXT NOT NULL UNIQUE,
  template TEXT NOT NULL,
  user_version TEXT NOT NULL,
  description TEXT NOT NULL,
  labels TEXT NOT NULL,
  env_ids TEXT NOT NULL,
  config TEXT NOT NULL,
  created INTEGER NOT NULL,
  PRIMARY KEY (prompt, version)
);
