"""Documents to snapshots, and searching them."""
