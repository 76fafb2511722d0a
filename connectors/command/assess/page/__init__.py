"""The assessment as one HTML file, in the style of the check's report."""
