"""A small firm's support year, simulated: the independent truth behind `sample_data`.

One true history goes to every helpdesk's file format, written from the vendors' facts and never from reader code,
and `truth` counts it in plain Python loops. So a reader, a metric and a writer that agree with `truth` are right
for a reason. Nothing here imports cs_metrics or Polars, or it could be wrong together with them.

`python -m tests.simulator [FOLDER]` writes every file again, byte for byte.
"""
