"""The feature store: tables of features as Parquet, made once for a view of the graph and a day."""
