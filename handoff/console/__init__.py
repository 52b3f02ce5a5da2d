"""The web desk: where agents read and answer tickets in a browser."""
