-- A day that is over becomes one part of each of these tables, because what is searched is looked up in each part. A span that comes late
-- makes it necessary again: so it waits until the newest part is six hours old, and until one other merge runs at most.
ALTER TABLE spans MODIFY SETTING min_age_to_force_merge_seconds = 21600, min_age_to_force_merge_on_partition_only = 1, number_of_free_entries_in_pool_to_execute_optimize_entire_partition = 3;
ALTER TABLE span_heads MODIFY SETTING min_age_to_force_merge_seconds = 21600, min_age_to_force_merge_on_partition_only = 1, number_of_free_entries_in_pool_to_execute_optimize_entire_partition = 3;
ALTER TABLE trace_heads MODIFY SETTING min_age_to_force_merge_seconds = 21600, min_age_to_force_merge_on_partition_only = 1, number_of_free_entries_in_pool_to_execute_optimize_entire_partition = 3;
