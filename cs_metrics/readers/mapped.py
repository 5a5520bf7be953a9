from cs_metrics.readers._base import Reader
READER = Reader("x", ())
