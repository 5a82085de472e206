"""Open and trust tables: files are read once, judged row by row, counted and kept as typed Parquet."""
