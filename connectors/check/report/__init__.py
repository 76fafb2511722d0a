"""The report of the check job: each difference, the verdict, and the page that people cut over on."""
