"""The files of the page: HTML, style and scripts as the browser reads them, and the help page."""
