"""Networks, and how the maps of their convolutions become one vector an image."""
