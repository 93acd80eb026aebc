"""`make check-book`: whether everything that the pages say is so."""
