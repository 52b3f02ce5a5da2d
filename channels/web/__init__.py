"""The chat on a web page: a page, a widget for other pages, and a WebSocket."""
