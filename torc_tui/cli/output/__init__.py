"""What commands print, on stdout and on stderr. Nothing else prints."""
