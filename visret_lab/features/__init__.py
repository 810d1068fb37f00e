"""From an image to numbers."""
