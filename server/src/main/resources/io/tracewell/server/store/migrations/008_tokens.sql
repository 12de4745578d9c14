-- Names in code (self.client_id) were words of their own, nine of ten words of the index were such, and to look for a part of a word is to look at
-- all words. Now only letters and digits make a word. The index of what is stored is made anew, before the server is ready.
ALTER TABLE spans DROP INDEX IF EXISTS words;
ALTER TABLE spans MODIFY COLUMN searchable String ALIAS ${searchable};
ALTER TABLE spans ADD INDEX IF NOT EXISTS words ${searchable} TYPE text(tokenizer = 'asciiCJK', posting_list_codec = 'bitpacking');
ALTER TABLE spans MATERIALIZE INDEX words SETTINGS mutations_sync = 1;
TRUNCATE TABLE words;
TRUNCATE TABLE word_blocks;
