-- Large texts are inserted as fast as it goes (the engine's default codec, LZ4) and made small when parts are merged, which has time.
ALTER TABLE spans MODIFY COLUMN error_stack CODEC(Default), MODIFY COLUMN system CODEC(Default), MODIFY COLUMN input CODEC(Default), MODIFY COLUMN output CODEC(Default), MODIFY COLUMN documents CODEC(Default), MODIFY COLUMN input_preview CODEC(Default), MODIFY COLUMN output_preview CODEC(Default), MODIFY COLUMN search_text CODEC(Default), MODIFY COLUMN raw CODEC(Default);
ALTER TABLE spans MODIFY TTL toDateTime(place_bucket) + INTERVAL ${retention_spans_days} DAY DELETE, toDateTime(received) + INTERVAL 1 SECOND RECOMPRESS CODEC(ZSTD(3)) SETTINGS materialize_ttl_after_modify = 0;
-- After a burst many parts wait: merging all of them at once would hold a buffer of each.
ALTER TABLE spans MODIFY SETTING max_parts_to_merge_at_once = 16;
