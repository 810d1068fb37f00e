"""From features to ranked lists."""
