-- Who is editing a dataset by hand: at most one at a time. "who" is made of the caller's key and does not tell it.

CREATE TABLE dataset_drafts (
  dataset_id TEXT PRIMARY KEY REFERENCES datasets (id),
  who TEXT NOT NULL,
  since INTEGER NOT NULL
);
