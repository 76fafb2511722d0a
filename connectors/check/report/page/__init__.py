"""report.html: one page that works offline, for the people who decide on the cut-over."""
