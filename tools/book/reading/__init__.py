"""Reads the pages, and follows the reader's tree through them."""
