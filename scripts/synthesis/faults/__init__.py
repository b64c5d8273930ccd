"""Faults planted on purpose into the delivered files of a sample network, one by one and by name.

A fault is a small function over the records that a site delivers. It runs after the network is written, so that a
network without faults keeps its bytes; what it did is told in truth/faults.csv.
"""
