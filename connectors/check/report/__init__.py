"""The report of the check job: the differences, the verdict, and a page for the people who decide on the
cut-over."""
