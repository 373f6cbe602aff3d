SELECT figure, sum(value)::bigint FROM row_of GROUP BY figure
