"""One module of views for each app whose pages they are."""
