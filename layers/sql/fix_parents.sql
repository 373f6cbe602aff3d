-- The tables that are split by month: fix itself, or its partitions by district where there are some.
SELECT tree.relid::text
FROM pg_partition_tree('fix') AS tree
JOIN pg_partitioned_table AS split ON split.partrelid = tree.relid
WHERE split.partstrat = 'r'
ORDER BY 1
