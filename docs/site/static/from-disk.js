/* A page that is opened from disk may not read other pages, so the search shows its hits without excerpts. */
if (location.protocol === "file:") {
  DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
}
