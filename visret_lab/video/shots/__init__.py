"""Where a film changes from one shot to the next."""
