"""Questions that are not a table of metrics, one file each: the rows behind one number, looked at in another way."""
