// Constraints on every key that is merged or matched; indexes that look-ups use. `;` separates.
CREATE CONSTRAINT linkrisk_store IF NOT EXISTS FOR (n:LinkriskStore) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT linkrisk_batch_no IF NOT EXISTS FOR (n:Batch) REQUIRE n.no IS UNIQUE;
CREATE CONSTRAINT linkrisk_batch_id IF NOT EXISTS FOR (n:Batch) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT linkrisk_dataset_no IF NOT EXISTS FOR (n:Dataset) REQUIRE n.no IS UNIQUE;
CREATE CONSTRAINT linkrisk_dataset_name IF NOT EXISTS FOR (n:Dataset) REQUIRE n.name IS UNIQUE;
CREATE CONSTRAINT linkrisk_file IF NOT EXISTS FOR (n:File) REQUIRE (n.name, n.sha256) IS UNIQUE;
CREATE CONSTRAINT linkrisk_file_no IF NOT EXISTS FOR (n:File) REQUIRE n.no IS UNIQUE;
CREATE CONSTRAINT linkrisk_subject IF NOT EXISTS FOR (n:Subject) REQUIRE n.first IS UNIQUE;
CREATE CONSTRAINT linkrisk_record IF NOT EXISTS FOR (n:Record) REQUIRE n.seq IS UNIQUE;
CREATE CONSTRAINT linkrisk_identifier IF NOT EXISTS FOR (n:Identifier) REQUIRE n.id IS UNIQUE;
CREATE INDEX linkrisk_subject_id IF NOT EXISTS FOR (n:Subject) ON (n.id);
CREATE INDEX linkrisk_subject_name IF NOT EXISTS FOR (n:Subject) ON (n.name);
CREATE INDEX linkrisk_subject_canonical IF NOT EXISTS FOR (n:Subject) ON (n.canonical);
CREATE INDEX linkrisk_listing_id IF NOT EXISTS FOR (n:Listing) ON (n.id);
CREATE INDEX linkrisk_batch_time IF NOT EXISTS FOR (n:Batch) ON (n.recordedAt);
CREATE CONSTRAINT linkrisk_ledger IF NOT EXISTS FOR (n:LedgerHead) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT linkrisk_ledger_no IF NOT EXISTS FOR (n:LedgerEntry) REQUIRE n.no IS UNIQUE;
CREATE CONSTRAINT linkrisk_ledger_key IF NOT EXISTS FOR (n:LedgerEntry)
  REQUIRE (n.key, n.part) IS UNIQUE;
CREATE INDEX linkrisk_ledger_about IF NOT EXISTS FOR (n:LedgerEntry) ON (n.about, n.no)
